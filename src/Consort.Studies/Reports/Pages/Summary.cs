using System.Globalization;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>What the runs on one data set come to: three answers in the order in which they are asked, and what else there is.</summary>
/// <param name="Data">The data, where a report is about several; else empty.</param>
/// <param name="Best">Which setting is best, and by how much.</param>
/// <param name="Cost">What that costs, and what is cheaper and not known to be worse.</param>
/// <param name="Undecided">What these runs leave open.</param>
/// <param name="More">The rest.</param>
internal sealed record Summary(string Data, string Best, string Cost, string Undecided, IReadOnlyList<string> More)
{
    /// <summary>The answers with the questions' words.</summary>
    public IEnumerable<(string Word, string Text)> Answers =>
        [("What is best", Best), ("What it costs", Cost), ("What is undecided", Undecided)];

    /// <summary>All sentences in their order; the first names the data.</summary>
    public IEnumerable<string> Sentences =>
        [Data.Length == 0 ? Best : $"On {Data}: {Best}", Cost, Undecided, .. More];

    /// <summary>What a setting costs beside the others.</summary>
    public static string CostOf(Setting best, IReadOnlyList<Setting> settings)
    {
        var text = $"{best.Label} takes {Price(best)}";
        var cheaper = settings.Where(s => Burden(s).CompareTo(Burden(best)) < 0).OrderBy(Burden).ToList();
        if (settings.Count == 1)
            return text + ".";
        if (cheaper.Count == 0)
            return text + "; none of the others is cheaper to score.";
        var found = cheaper.Find(s => best.Against(s, r => r.Auc) is not { IsDecided: true, Difference: > 0 });
        if (found is null)
            return $"{text}; whatever is cheaper to score is worse by more than seeds explain.";
        var known = best.Against(found, r => r.Auc) is { } comparison
            ? $"not known to be worse: by these seeds {best.Label} is above it by {Uncertainty.Words(comparison)}"
            : $"{Numbers.Signed(found.Auc.Mean - best.Auc.Mean)} in AUC, with too few seeds to say more";
        return $"{text}. {found.Label} takes {Price(found)}, and is {known}.";
    }

    /// <summary>What is left open among settings.</summary>
    public static string UndecidedOf(Setting best, IReadOnlyList<Setting> settings)
    {
        var others = settings.Where(s => s != best).Select(s => (s.Label, Comparison: best.Against(s, r => r.Auc))).ToList();
        var open = others.Where(o => o.Comparison is { IsDecided: false }).Select(o => o.Label).ToList();
        var alone = others.Where(o => o.Comparison is null).Select(o => o.Label).ToList();
        List<string> said = [];
        if (open.Count > 0)
            said.Add($"Whether {best.Label} is better than {List(open)}: zero lies in the 95 % interval of the difference.");
        if (alone.Count > 0)
            said.Add($"Whether another seed would say the same of {best.Label} and {List(alone)}: they have fewer than two seeds in common.");
        if (others.Count == 0 && best.Runs.Count == 1)
            said.Add("Whether another seed would say the same: there is one.");
        if (said.Count == 0)
            said.Add(others.Count == 0 ? "How other settings would do: there is one." : $"Nothing of {best.Label} against the others: each difference is more than seeds explain.");
        return string.Join(' ', said.Append(OfRows(best)));
    }

    private static string OfRows(Setting best)
    {
        var split = best.First.Split!;
        var error = Uncertainty.OfAuc(best.Auc.Mean, split.Clicks, split.Rows - split.Clicks);
        return string.Create(CultureInfo.InvariantCulture,
            $"The {split.Rows:N0} {Uncertainty.SplitName(best)} rows with {split.Clicks:N0} clicks themselves leave an AUC uncertain by about ±{Numbers.Fixed(1.96 * error, 5)} (95 %); settings measured on the same rows share most of that, so differences between them are known better.");
    }

    // What is shipped is scored for ever and trained now and then: models first.
    private static (int Models, long Parameters) Burden(Setting setting) => (setting.Members, setting.First.Parameters);

    private static string Price(Setting setting) =>
        $"{Numbers.Count(setting.Members, "model")} with {Numbers.Whole(setting.First.Parameters)} parameters to score, and {Numbers.Time(setting.Runs.Average(r => r.Seconds))} to train";

    private static string List(List<string> names) => names.Count switch
    {
        1 => names[0],
        <= 4 => $"{string.Join(", ", names[..^1])} or {names[^1]}",
        _ => string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", names[..3])} or {names.Count - 3} others"),
    };
}
