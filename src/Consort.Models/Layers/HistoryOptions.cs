using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Models.Layers;

/// <summary>Which columns a model sets against which histories.</summary>
public sealed record HistoryOptions
{
    /// <summary>The options, for a model to include.</summary>
    public static OptionSet<HistoryOptions> Options { get; } = new OptionSet<HistoryOptions>(() => new())
        .Add("target", o => o.Target, (o, v) => o with { Target = v }, Domain.Texts("columns, those of a tuple with + between"),
            "what histories are set against: a column such as item, or a tuple such as item+genre; empty takes the columns whose vocabulary sequences share")
        .Add("history", o => o.History, (o, v) => o with { History = v },
            Domain.Texts("lists or sequences, those of a tuple with + between"),
            "the history of each target, in their order: history, or history+history_genre")
        .Require("history", o => o.Target.Count != o.History.Count
            ? $"found {o.History.Count} beside {o.Target.Count} of target, expected as many" : null);

    /// <summary>Columns, or tuples of them; empty for those that sequences share a vocabulary with.</summary>
    public IReadOnlyList<string> Target { get; init; } = [];

    /// <summary>The history of each target.</summary>
    public IReadOnlyList<string> History { get; init; } = [];

    /// <inheritdoc/>
    public bool Equals(HistoryOptions? other) => other is not null && Options.AreEqual(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Target.Count, History.Count);

    /// <summary>The places of the columns: for each history its targets and its lists, side by side.</summary>
    /// <param name="space">The columns of the data.</param>
    /// <param name="model">For messages.</param>
    /// <exception cref="ConsortException">There is no such column, or no history.</exception>
    internal IReadOnlyList<(int[] Targets, int[] Lists)> Resolve(FeatureSpace space, string model)
    {
        if (Target.Count == 0)
            return Shared(space, model);
        return [.. Target.Zip(History, (target, history) =>
        {
            var targets = Named(space, target, model, "target", isList: false);
            var lists = Named(space, history, model, "history", isList: true);
            return targets.Length == lists.Length ? (targets, lists) : throw new ConsortException(
                $"{model}, history: found {history} beside target {target}, expected as many columns in both");
        })];
    }

    // Sequences of one length stand side by side, unless two of them have one target: then each is a history of its own.
    private static IReadOnlyList<(int[], int[])> Shared(FeatureSpace space, string model)
    {
        var columns = space.Categorical;
        var pairs = Enumerable.Range(0, columns.Count).Where(c => columns[c].List is { IsOrdered: true })
            .Select(list => (Target: Enumerable.Range(0, columns.Count).FirstOrDefault(
                c => columns[c].List is null && columns[c].Offset == columns[list].Offset, -1), List: list))
            .Where(p => p.Target >= 0).GroupBy(p => columns[p.List].Length).ToArray();
        return pairs.Length > 0
            ? [.. pairs.SelectMany(g => g.DistinctBy(p => p.Target).Count() == g.Count()
                ? [(g.Select(p => p.Target).ToArray(), g.Select(p => p.List).ToArray())]
                : g.Select(p => (new[] { p.Target }, new[] { p.List })))]
            : throw new ConsortException(
                $"{model}: found no sequence that shares the vocabulary of a column, expected one, such as {{name: history, kind: sequence, share: item}} in the schema, or the options target and history");
    }

    private static int[] Named(FeatureSpace space, string tuple, string model, string key, bool isList)
    {
        var names = space.Categorical.Where(c => c.List is not null == isList).Select(c => c.Name).ToArray();
        return [.. tuple.Split('+').Select(name => names.Contains(name.Trim())
            ? Enumerable.Range(0, space.Categorical.Count).First(c => space.Categorical[c].Name == name.Trim())
            : throw new ConsortException(
                $"{model}, {key}: found no {(isList ? "list or sequence" : "column of tokens")} {name.Trim()}{NearestWord.Hint(name.Trim(), names)}, expected one of {string.Join(", ", names)}"))];
    }
}
