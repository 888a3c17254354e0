using System.Text.RegularExpressions;
using Consort.Experiments.Files;
using Consort.Foundation.Options;

namespace Consort.Studies.Reports.Reading;

/// <summary>Families that differ in the number of members only.</summary>
/// <param name="Label">What they have in common.</param>
/// <param name="Settings">One a number of members, in rising order.</param>
internal sealed partial record Scaling(string Label, IReadOnlyList<Setting> Settings)
{
    /// <summary>
    /// Finds them. Where single members stand in one line only, the others begin with them: alone, a member has no one to learn from,
    /// whatever the strategy.
    /// </summary>
    public static IReadOnlyList<Scaling> Find(IReadOnlyList<Setting> settings, IReadOnlyList<string> names)
    {
        var lines = settings.Select((s, i) => (Setting: s, Name: names[i], Key: WithoutCount(s)))
            .Where(s => s.Key is not null && s.Setting.First.Experiment.Phases.All(p => p.From.Count == 0 && p.Teachers.Count == 0))
            .GroupBy(s => (s.Key, s.Setting.First.DataKey))
            .Select(g => (g.First().Name, Settings: g.Select(s => s.Setting).OrderBy(s => s.Members).ToList()))
            .ToList();
        var singles = lines.Where(l => l.Settings[0].Members == 1).Select(l => l.Settings[0]).ToList();
        var scalings = new List<Scaling>();
        foreach (var (name, line) in lines.Where(l => l.Settings[^1].Members > 1))
        {
            if (line[0].Members > 1 && singles.Find(s => IsAlike(s, line[0])) is { } single)
                line.Insert(0, single);
            if (line.Count > 1)
                scalings.Add(new Scaling(CountWords().Replace(name, "").Trim(' ', ',', '-'), line));
        }

        return [.. scalings.Select(s => scalings.Count(o => o.Label == s.Label) == 1 ? s : s
            with { Label = $"{s.Label}, {s.Settings[^1].First.Strategies}" })];
    }

    private static bool IsAlike(Setting single, Setting family) => single.First.DataKey == family.First.DataKey
        && Equals(WithoutCount(single)?.Without("strategy", "fusion", "training.monitor"),
            WithoutCount(family)?.Without("strategy", "fusion", "training.monitor"));

    // The options but for the name and how many members there are; null where members are not all alike.
    private static OptionTree? WithoutCount(Setting setting) =>
        Study.WithoutSeed(setting.First).Without("name") is var options && options.Members().Distinct().ToArray() is [var member]
        ? options.With("members", member) : null;

    // "KDEF, M = 4", "mean of 4", "4 × DNN".
    [GeneratedRegex(@"[,(]?\s*\b(M ?= ?\d+|m\d+|of \d+|\d+ (×|x|members?))\b\)?|\b\d+ ×")]
    private static partial Regex CountWords();
}
