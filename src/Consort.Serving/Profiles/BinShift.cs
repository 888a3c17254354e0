namespace Consort.Serving.Profiles;

/// <summary>How far the bins of new values are from those of a profile.</summary>
/// <param name="Psi">
/// Population stability index Σ (q − p) ln(q/p) over the shares of bins, less what two samples of these sizes have by chance, (B − 1)(1/n +
/// 1/m): about 0 where nothing has changed, and below it as often as above.
/// </param>
/// <param name="P">Of no change: Pearson's test of homogeneity.</param>
/// <param name="Bin">The bin that has changed most.</param>
/// <param name="Before">Its share in the profile.</param>
/// <param name="Now">Its share in the new values.</param>
internal readonly record struct BinShift(double Psi, double P, int Bin, double Before, double Now)
{
    // Below it a bin's count is too small for the test, and its logarithm for the index.
    private const double LeastExpected = 5;

    /// <summary>Compares counts bin by bin; bins of which too few are to be expected are taken together.</summary>
    public static BinShift Of(IReadOnlyList<long> before, ReadOnlySpan<long> now)
    {
        double m = 0, n = 0;
        for (var bin = 0; bin < now.Length; bin++)
            (m, n) = (m + before[bin], n + now[bin]);
        if (m == 0 || n == 0)
            return new BinShift(0, 1, 0, 0, 0);
        var (psi, square, bins, most, at) = (0.0, 0.0, 0, double.NegativeInfinity, 0);
        double restBefore = 0, restNow = 0;
        for (var bin = 0; bin < now.Length; bin++)
        {
            var expected = (before[bin] + now[bin]) / (m + n);
            if (expected * Math.Min(m, n) >= LeastExpected)
                Add(before[bin], now[bin], bin);
            else
                (restBefore, restNow) = (restBefore + before[bin], restNow + now[bin]);
        }

        if (restBefore + restNow > 0)
            Add(restBefore, restNow, -1);
        var chance = (bins - 1) * ((1 / n) + (1 / m));
        return new BinShift(psi - chance, ChiSquare.Above(square, bins - 1), at, before[at] / m, now[at] / n);

        void Add(double old, double current, int bin)
        {
            bins++;
            var (p, q) = ((old + 0.5) / (m + 0.5), (current + 0.5) / (n + 0.5)); // an empty bin has no logarithm
            var part = (q - p) * Math.Log(q / p);
            psi += part;
            var pooled = (old + current) / (m + n);
            var (d, e) = (current - (n * pooled), old - (m * pooled));
            square += (d * d / (n * pooled)) + (e * e / (m * pooled));
            if (bin >= 0 && part > most)
                (most, at) = (part, bin);
        }
    }

    /// <summary>The probability that a share is at least so much larger than before though nothing has changed.</summary>
    public static double RiseP(double before, double m, double now, double n)
    {
        var pooled = ((before * m) + (now * n)) / (m + n);
        var error = Math.Sqrt(pooled * (1 - pooled) * ((1 / m) + (1 / n)));
        return error > 0 ? ChiSquare.NormalAbove((now - before) / error) : 1;
    }
}
