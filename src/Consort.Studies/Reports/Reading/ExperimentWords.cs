using System.Text.RegularExpressions;

namespace Consort.Studies.Reports.Reading;

/// <summary>
/// Compares experiments by their resolved text, which has every key with its value: two of one text but for some keys are the
/// same experiment but for these.
/// </summary>
internal static partial class ExperimentWords
{
    /// <summary>Without seeds and without names of folders, among them the runs it starts from, which differ from seed to seed.</summary>
    public static string WithoutSeed(string text) => SeedLines().Replace(text, "");

    /// <summary>Also without its name and without how many members there are; null where members are not all alike.</summary>
    public static string? WithoutCount(string text)
    {
        var rest = NameLine().Replace(WithoutSeed(text), "");
        var members = MembersSection().Match(rest);
        var models = Entries().Matches(members.Value).Select(m => CountLine().Replace(m.Value, "").TrimEnd()).Distinct().ToList();
        return models.Count == 1 ? rest.Replace(members.Value, models[0] + "\n", StringComparison.Ordinal) : null;
    }

    /// <summary>Also without how members learn and what is watched: all that a single member shares with a family of its kind.</summary>
    public static string? WithoutStrategy(string text) =>
        WithoutCount(text) is { } rest ? StrategySection().Replace(MonitorLine().Replace(rest, ""), "") : null;

    [GeneratedRegex(@"^ *(- )?(seed: \d+|folder: .*|(from|teachers): \[.*\])\n|^ *(from|teachers):\n( *- .*\n)+", RegexOptions.Multiline)]
    private static partial Regex SeedLines();

    [GeneratedRegex(@"^name: .*\n", RegexOptions.Multiline)]
    private static partial Regex NameLine();

    [GeneratedRegex(@"^members:\n((- |  ).*\n)+", RegexOptions.Multiline)]
    private static partial Regex MembersSection();

    [GeneratedRegex(@"^- .*\n(  .*\n)*", RegexOptions.Multiline)]
    private static partial Regex Entries();

    [GeneratedRegex(@"^  count: \d+\n", RegexOptions.Multiline)]
    private static partial Regex CountLine();

    [GeneratedRegex(@"^strategy:\n(  .*(\n|$))+", RegexOptions.Multiline)]
    private static partial Regex StrategySection();

    [GeneratedRegex(@"^  monitor: .*\n", RegexOptions.Multiline)]
    private static partial Regex MonitorLine();
}
