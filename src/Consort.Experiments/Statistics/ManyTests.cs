namespace Consort.Experiments.Statistics;

/// <summary>p-values of several questions asked at once. Those that are null were not asked, and stay null.</summary>
internal static class ManyTests
{
    /// <summary>
    /// Adjusted so that, all up to α rejected, even one false rejection among all has at most the probability α, whatever they have to do
    /// with each other: p₍ᵢ₎ ← max over j ≤ i of min(1, (m − j + 1) p₍ⱼ₎). Source: Holm 1979.
    /// </summary>
    public static IReadOnlyList<double?> Holm(IReadOnlyList<double?> p)
    {
        var (adjusted, order) = Ascending(p);
        var least = 0.0;
        for (var i = 0; i < order.Length; i++)
            adjusted[order[i]] = least = Math.Max(least, Math.Min(1, (order.Length - i) * p[order[i]]!.Value));
        return adjusted;
    }

    /// <summary>
    /// q-values: all up to q called differences, at most the share q of them is expected to be none: q₍ᵢ₎ = min over j ≥ i of
    /// min(1, m p₍ⱼ₎ / j). Source: Benjamini and Hochberg 1995.
    /// </summary>
    public static IReadOnlyList<double?> BenjaminiHochberg(IReadOnlyList<double?> p)
    {
        var (adjusted, order) = Ascending(p);
        var most = 1.0;
        for (var i = order.Length - 1; i >= 0; i--)
            adjusted[order[i]] = most = Math.Min(most, order.Length * p[order[i]]!.Value / (i + 1));
        return adjusted;
    }

    private static (double?[] Adjusted, int[] Order) Ascending(IReadOnlyList<double?> p) =>
        (new double?[p.Count], [.. Enumerable.Range(0, p.Count).Where(i => p[i] is not null).OrderBy(i => p[i])]);
}
