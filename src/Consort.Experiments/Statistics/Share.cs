namespace Consort.Experiments.Statistics;

/// <summary>
/// A ratio of two means with its 95 % interval, such as what one model keeps of a family's gain: (taught − alone) / (average − alone).
/// </summary>
/// <param name="Value">The ratio of the means; not the mean of ratios, which a small denominator throws far.</param>
/// <param name="Low">Lower end; −∞ where the denominator may be nothing.</param>
/// <param name="High">Upper end; ∞ likewise.</param>
public sealed record Share(double Value, double Low, double High)
{
    /// <summary>Whether the interval has ends: the denominator differs from nothing.</summary>
    public bool IsBounded => double.IsFinite(Low) && double.IsFinite(High);

    /// <summary>Over replicates, which are the units: each has one numerator and one denominator.</summary>
    /// <param name="numerators">One a replicate.</param>
    /// <param name="denominators">Of the same replicates.</param>
    /// <returns>The share; null for fewer than two replicates, which tell of no chance in training.</returns>
    public static Share? Over(IReadOnlyList<double> numerators, IReadOnlyList<double> denominators)
    {
        if (numerators.Count != denominators.Count)
            throw new ArgumentException($"found {numerators.Count} and {denominators.Count} replicates, expected as many");
        var n = numerators.Count;
        if (n < 2)
            return null;
        var (y, x) = (numerators.Average(), denominators.Average());
        double Covariance(IReadOnlyList<double> a, double aMean, IReadOnlyList<double> b, double bMean) =>
            Enumerable.Range(0, n).Sum(i => (a[i] - aMean) * (b[i] - bMean)) / (n - 1) / n;
        return Fieller(y, x, Covariance(numerators, y, numerators, y), Covariance(denominators, x, denominators, x),
            Covariance(numerators, y, denominators, x), n - 1);
    }

    /// <summary>
    /// Fieller's interval of y/x: all r with (y − r x)² ≤ t² (v_yy − 2 r v_xy + r² v_xx). Without ends where x itself is not significant,
    /// x² ≤ t² v_xx. Source: Fieller 1954.
    /// </summary>
    /// <param name="y">Estimate of the numerator.</param>
    /// <param name="x">Of the denominator.</param>
    /// <param name="yy">Variance of y.</param>
    /// <param name="xx">Of x.</param>
    /// <param name="xy">Their covariance.</param>
    /// <param name="degrees">Degrees of freedom of these; infinite for many rows.</param>
    public static Share Fieller(double y, double x, double yy, double xx, double xy, double degrees)
    {
        var t = StudentError.Quantile(0.5 + (Comparison.Confidence / 2), degrees);
        var (a, b, c) = ((x * x) - (t * t * xx), (x * y) - (t * t * xy), (y * y) - (t * t * yy));
        if (!(a > 0))
            return new Share(y / x, double.NegativeInfinity, double.PositiveInfinity);
        var reach = Math.Sqrt(Math.Max(0, (b * b) - (a * c)));
        return new Share(y / x, (b - reach) / a, (b + reach) / a);
    }
}
