namespace Consort.Data.Profiles;

/// <summary>
/// How well a column alone ranks clicks: rates are counted on one half of the rows looked at, and the AUC is that of these rates on the
/// other half.
/// </summary>
internal static class ValueRanks
{
    private const int FewestRows = 10; // clicked and not, of the other half
    private const int Ranges = 32;
    private const double Prior = 2; // rows with the mean rate that every value begins with
    private const int FewestSure = 20;

    /// <summary>Of each value as a token; null where there are too few rows.</summary>
    public static double? OfTokens(IReadOnlyList<TextCount> values) => Auc(values);

    /// <summary>Of numbers by ranges with equal shares of the first half; what is no number is a range of its own.</summary>
    public static double? OfRanges(IReadOnlyList<TextCount> values)
    {
        var others = new TextCount();
        var numbers = new List<(double Number, TextCount Value)>();
        foreach (var value in values)
        {
            if (NumberShape.TryRead(value.Text, out var number)) numbers.Add((number, value));
            else others = Sum(others, value);
        }
        numbers.Sort((a, b) => a.Number.CompareTo(b.Number));
        double fit = numbers.Sum(n => (long)n.Value.FitCount);
        var (ranges, range, before) = (new List<TextCount> { others }, new TextCount(), 0L);
        foreach (var (_, value) in numbers)
        {
            range = Sum(range, value);
            before += value.FitCount;
            if (before < fit * ranges.Count / Ranges) continue;
            ranges.Add(range);
            range = default;
        }
        ranges.Add(range);
        return Auc(ranges);
    }

    /// <summary>
    /// About half a standard error of such an AUC; both codings are measured on the same rows, so that their difference has less.
    /// </summary>
    public static double Doubt(IReadOnlyList<TextCount> values)
    {
        long clicks = values.Sum(v => (long)v.HeldClicks), others = values.Sum(v => (long)v.HeldCount) - clicks;
        return 0.15 / Math.Sqrt(Math.Max(1, Math.Min(clicks, others)));
    }

    /// <summary>Share of all clicks that stand beside values of which every row was clicked.</summary>
    public static double? SurelyClicked(IReadOnlyList<TextCount> values)
    {
        long clicks = values.Sum(v => (long)v.Clicks), rows = values.Sum(v => (long)v.Count);
        if (clicks < FewestSure || clicks > rows / 2) return null;
        return values.Where(v => v.Count >= FewestSure && v.Clicks == v.Count).Sum(v => (double)v.Clicks) / clicks;
    }

    private static double? Auc(IReadOnlyList<TextCount> groups)
    {
        long clicks = groups.Sum(g => (long)g.HeldClicks), others = groups.Sum(g => (long)g.HeldCount) - clicks;
        if (clicks < FewestRows || others < FewestRows) return null;
        var mean = (double)groups.Sum(g => (long)g.FitClicks) / Math.Max(1, groups.Sum(g => (long)g.FitCount));
        var ranked = groups.Where(g => g.HeldCount > 0)
            .GroupBy(g => (g.FitClicks + Prior * mean) / (g.FitCount + Prior),
                g => (Clicks: (long)g.HeldClicks, Others: (long)g.HeldCount - g.HeldClicks))
            .OrderBy(g => g.Key);
        var (below, pairs) = (0.0, 0.0);
        foreach (var group in ranked)
        {
            long clicked = group.Sum(g => g.Clicks), not = group.Sum(g => g.Others);
            pairs += clicked * (below + not / 2.0);
            below += not;
        }
        return pairs / clicks / others;
    }

    private static TextCount Sum(TextCount a, TextCount b) =>
        new("", a.Count + b.Count, a.Clicks + b.Clicks, a.FitCount + b.FitCount, a.FitClicks + b.FitClicks);
}
