using System.IO.Hashing;
using System.Text;
using Consort.Foundation.Options;

namespace Consort.Experiments.Files;

/// <summary>
/// What of an experiment decides its result. Left out is its name, how often it writes a checkpoint, and where the rows lie, which are
/// known by their content; runs that it starts or learns from count by what they are called.
/// </summary>
internal static class DecisiveOptions
{
    private static readonly string[] Runs = ["training.from", "training.teachers", "phases[*].from", "phases[*].teachers"];

    // Keys that phases of older runs do not have.
    private static readonly (string Key, string Value)[] Defaults =
    [
        ("keep_optimizer", "false"), ("fresh_embeddings", "false"), ("rows", "auto"), ("ema", "0"), ("swa", "0"), ("oov_rate", "0"),
        ("leave_out", "[]"), ("out_of_fold", "false"), ("valid_leave_out", "[]"), ("embedding_rate", "1"),
        ("batch_norm", "follow"),
    ];

    /// <summary>A digest of all that decides but how many epochs there are at most.</summary>
    public static string Digest(OptionTree options) => Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(string.Concat(
        Of(options, withEpochs: false).Leaves().Select(l => (Key: Words(l.Steps), l.Value)).OrderBy(l => l.Key, StringComparer.Ordinal)
        .Select(l => $"{l.Key}: {l.Value}\n")))));

    /// <summary>All of it by name: <c>training, learning_rate</c> and <c>0.01</c>.</summary>
    public static IEnumerable<(string Name, string Value)> Facts(OptionTree options) =>
        Of(options, withEpochs: true).Leaves().Select(l => (Words(l.Steps), $"{l.Value}"));

    /// <summary>What differs from an older experiment: <c>training, learning_rate: 0.01, now 0.02</c>.</summary>
    /// <param name="now">Every default filled in.</param>
    /// <param name="older">What it was.</param>
    /// <param name="withEpochs">Whether the most epochs of a phase count.</param>
    public static IReadOnlyList<string> Since(OptionTree now, OptionTree older, bool withEpochs) =>
        [.. Of(now, withEpochs).Differences(Of(older, withEpochs))
            .Select(d => $"{Words(d.Steps)}: {d.Before?.ToString() ?? "nothing"}, now {d.Now?.ToString() ?? "nothing"}")];

    /// <summary>The options that a run keeps.</summary>
    /// <exception cref="ConsortException">They are no YAML.</exception>
    public static OptionTree Kept(string path)
    {
        try
        {
            return OptionTree.Load(path);
        }
        catch (ConsortException e)
        {
            throw new ConsortException($"{path}: the file is damaged, expected the experiment of a run: {e.Message}", e);
        }
    }

    private static OptionTree Of(OptionTree options, bool withEpochs)
    {
        options = AsBefore(options.Without("name", "data", "training.checkpoint_minutes"));
        if (!withEpochs)
            options = options.Without("training.epochs", "phases[*].epochs");
        return Runs.Aggregate(options, (tree, path) =>
            tree.Change(path, runs => runs is OptionList list ? OptionTree.List(list.Items.Select(r => Name(r.ToString()))) : runs));
    }

    // What an older version did before it had a word for it.
    private static readonly (string Key, string Value)[] MutualAsBefore =
        [("label_weight", "1"), ("peers", "training"), ("warm_epochs", "0")];

    // Older runs have the fusion in each strategy that could choose one, and no word of keys that came later, which change nothing by their
    // defaults: they count as the same.
    private static OptionTree AsBefore(OptionTree options)
    {
        foreach (var path in new[] { "training", "phases[*]" })
            options = options.Change(path, phase => Defaults.Aggregate(phase,
                (p, d) => p.Find(d.Key)?.ToString() == d.Value ? p.Without(d.Key) : p));
        foreach (var path in new[] { "strategy", "phases[*].strategy" })
            options = options.Change(path, strategy => MutualAsBefore.All(m => strategy.TextAt(m.Key) == m.Value)
                ? strategy.Without([.. MutualAsBefore.Select(m => m.Key)]) : strategy);
        if (options.TextAt("fusion") is not { } fusion)
            return options;
        foreach (var path in new[] { "strategy", "phases[*].strategy" })
            options = options.Change(path, strategy => strategy.TextAt("name") == "kdef" ? strategy : strategy.With("fusion", fusion));
        return options.Without("fusion");
    }

    private static string Words(string[] steps) => steps is ["members" or "phases", var item, .. var rest]
        ? string.Join(", ", [$"{steps[0][..^1]} {item.Trim('[', ']')}", .. rest])
        : string.Join(", ", steps);

    // Where another run lies may change; what it is called does not.
    private static string Name(string path)
    {
        var words = path.Replace('\\', '/').TrimEnd('/').Split('/');
        return string.Join('/', words[^(path.EndsWith(".ckpt", StringComparison.Ordinal) ? Math.Min(3, words.Length) : 1)..]);
    }
}
