using MathNet.Numerics.Distributions;

namespace Consort.Experiments.Statistics;

/// <summary>
/// The share a/b of a whole b that a part a is, with its 95 % confidence interval by Fieller: all shares ρ for which a − ρ b is not told
/// from 0, |a − ρ b| ≤ c √(Var a − 2 ρ Cov + ρ² Var b). Unlike the delta method it stays right where b is not far from 0. Source: Fieller 1954.
/// </summary>
/// <param name="Share">The estimate a/b.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end.</param>
public sealed record ShareInterval(double Share, double Low, double High)
{
    /// <summary>The share of the whole that the part is; null where the whole is not told from 0: then a share says nothing.</summary>
    /// <param name="part">a, any number.</param>
    /// <param name="whole">b.</param>
    /// <param name="partVariance">Var a, at least 0.</param>
    /// <param name="wholeVariance">Var b, at least 0.</param>
    /// <param name="covariance">Cov(a, b).</param>
    /// <param name="degrees">Degrees of freedom of Student's t that the variances have; null for a normal error.</param>
    public static ShareInterval? Of(
        double part, double whole, double partVariance, double wholeVariance, double covariance, double? degrees = null)
    {
        const double Upper = 0.5 + (Comparison.Confidence / 2);
        var reach = degrees is { } df ? StudentT.InvCDF(0, 1, df, Upper) : Normal.InvCDF(0, 1, Upper);
        var square = reach * reach;
        // (b² − c² Var b) ρ² − 2 (ab − c² Cov) ρ + (a² − c² Var a) ≤ 0
        var a = (whole * whole) - (square * wholeVariance);
        if (!(whole > 0) || !(a > 0))
            return null;
        var b = (part * whole) - (square * covariance);
        var c = (part * part) - (square * partVariance);
        var root = Math.Sqrt(Math.Max(0, (b * b) - (a * c)));
        return new ShareInterval(part / whole, (b - root) / a, (b + root) / a);
    }
}
