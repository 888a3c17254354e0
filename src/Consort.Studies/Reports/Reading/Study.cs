using System.Text.RegularExpressions;
using Consort.Foundation.Options;

namespace Consort.Studies.Reports.Reading;

/// <summary>Runs put in order: which are the same experiment with other seeds, and which differ in the number of members only.</summary>
internal sealed partial class Study
{
    private Study(IReadOnlyList<RunRecord> runs, IReadOnlyList<Setting> settings, IReadOnlyList<Scaling> scalings, string suffix) =>
        (Runs, Settings, Scalings, CommonWords) = (runs, settings, scalings, suffix);

    /// <summary>All of them, stopped ones included.</summary>
    public IReadOnlyList<RunRecord> Runs { get; }

    /// <summary>Finished ones, grouped.</summary>
    public IReadOnlyList<Setting> Settings { get; }

    /// <summary>Settings that differ in the number of members only, each with at least two numbers.</summary>
    public IReadOnlyList<Scaling> Scalings { get; }

    /// <summary>Words at the end of all names, which labels leave out.</summary>
    public string CommonWords { get; }

    /// <summary>What a run's setting is called, finished or not.</summary>
    public string Label(RunRecord run) => Settings.FirstOrDefault(s => s.Runs.Contains(run))?.Label
        ?? Settings.FirstOrDefault(s => Key(s.First) == Key(run))?.Label
        ?? (run.Experiment.Name.Length > CommonWords.Length
            ? run.Experiment.Name[..^(run.Experiment.Name.EndsWith(CommonWords, StringComparison.Ordinal) ? CommonWords.Length
                : 0)].TrimEnd() : run.Experiment.Name);

    /// <summary>Puts runs in order.</summary>
    public static Study Of(IReadOnlyList<RunRecord> runs)
    {
        var groups = runs.Where(r => r.IsFinished).GroupBy(Key).Select(g => g.OrderBy(r => r.Seed).ToList()).ToList();
        var names = groups.Select(g => g[0].Experiment.Name).ToList();
        var suffix = Suffix(names);
        names = [.. names.Select(n => n[..^suffix.Length].TrimEnd(','))];
        var labels = Labels(groups, names);
        var settings = groups.Select((g, i) => new Setting(labels[i], g)).ToList();
        return new Study(runs, settings, Scaling.Find(settings, names), suffix.Trim());
    }

    /// <summary>Equal for runs of one experiment on the same rows, whatever their seed.</summary>
    public static (string DataKey, OptionTree Options) Key(RunRecord run) => (run.DataKey, WithoutSeed(run));

    /// <summary>
    /// A run's options without seeds and without folders, among them the runs it starts from, which differ from seed to seed.
    /// </summary>
    public static OptionTree WithoutSeed(RunRecord run) => run.Experiment.Options.Without(
        "training.seed", "data.seed", "data.folder", "training.from", "training.teachers", "phases[*].from", "phases[*].teachers");

    // Names alike are told apart by what differs: the number of members, then the strategy, then the folder.
    private static List<string> Labels(List<List<RunRecord>> groups, List<string> names)
    {
        var labels = names.ToList();
        Tell(r => r.Members == 1 ? "M = 1" : FormattableString.Invariant($"M = {r.Members}"));
        Tell(r => r.Strategies);
        Tell(r => SeedWords().Replace(r.Name, ""));
        Tell(r => r.Given);
        return labels;

        void Tell(Func<RunRecord, string> by)
        {
            foreach (var alike in Enumerable.Range(0, labels.Count).GroupBy(i => labels[i]).Where(g => g.Count() > 1)
                .Select(g => g.ToList()).ToList())
                if (alike.Select(i => by(groups[i][0])).Distinct().Count() > 1)
                    foreach (var i in alike)
                        labels[i] = $"{labels[i]}, {by(groups[i][0])}";
        }
    }

    // " on frappe_x1", at the end of three names or more.
    private static string Suffix(List<string> names)
    {
        if (names.Distinct().Count() < 3)
            return "";
        var words = names[0].Split(' ');
        for (var from = 1; from < words.Length; from++)
            if (" " + string.Join(' ', words[from..]) is var suffix
                && names.TrueForAll(n => n.Length > suffix.Length && n.EndsWith(suffix, StringComparison.Ordinal)))
                return suffix;
        return "";
    }

    [GeneratedRegex(@"[-_]?seed[-_]?\d+$")]
    private static partial Regex SeedWords();
}
