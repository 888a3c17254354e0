using MathNet.Numerics;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Integration;

namespace Consort.Experiments.Statistics;

/// <summary>
/// How many replicates a question needs, from a pilot: the standard deviation s of its differences from replicate to replicate, and what
/// more replicates do not make smaller, the error of rows and of models.
/// </summary>
/// <param name="Deviation">s, of paired differences.</param>
/// <param name="Fixed">Errors that stay, null where there is none.</param>
internal sealed record Power(double Deviation, params IReadOnlyList<Comparison?> Fixed)
{
    /// <summary>How often what is there should be found.</summary>
    public const double Usual = 0.8;

    /// <summary>More replicates than these are not looked for.</summary>
    public const int Most = 1000;

    private const int Points = 128;

    /// <summary>That of a claim, or null without an interval over seeds.</summary>
    public static Power? Of(Claim claim) => claim.Seeds is not { } seeds ? null
        : new Power(seeds.StandardError * Math.Sqrt(seeds.Degrees + 1), claim.Rows, claim.Models);

    /// <summary>The error of the estimate with n replicates.</summary>
    public Comparison Error(int replicates) => Comparison.Joint(
        0, [.. Fixed, Comparison.FromStudent(0, Deviation / Math.Sqrt(replicates), replicates - 1)]);

    /// <summary>
    /// The probability that a difference is found by the two-sided test at α: of |T| &gt; t with T noncentral t, integrated over the
    /// distribution of its own standard error. Source: Owen 1965; the joint error has Satterthwaite's degrees of freedom.
    /// </summary>
    public double ToFind(double gain, int replicates, double alpha)
    {
        var error = Error(replicates);
        if (error.StandardError == 0)
            return gain == 0 ? alpha : 1;
        var (reach, shift) = (StudentError.Quantile(1 - (alpha / 2), error.Degrees), gain / error.StandardError);
        return OverError(error.Degrees, s => Normal.CDF(0, 1, shift - (reach * s)) + Normal.CDF(0, 1, -shift - (reach * s)));
    }

    /// <summary>The probability that no difference at all is found to be smaller than a margin, by two one-sided tests at α.</summary>
    public double ToDismiss(double margin, int replicates, double alpha)
    {
        var error = Error(replicates);
        if (error.StandardError == 0)
            return margin > 0 ? 1 : 0;
        var reach = StudentError.Quantile(1 - alpha, error.Degrees);
        return OverError(error.Degrees, s => Math.Max(0, (2 * Normal.CDF(0, 1, (margin / error.StandardError) - (reach * s))) - 1));
    }

    /// <summary>
    /// The fewest replicates with which a difference as large as the gain is found with 80 % probability; null if none do.
    /// </summary>
    public int? NeededToFind(double gain, double alpha = JudgedClaim.Alpha) => Fewest(n => ToFind(gain, n, alpha) >= Usual);

    /// <summary>The fewest with which no difference is found negligible with 80 % probability; null if none do.</summary>
    public int? NeededToDismiss(double margin, double alpha = JudgedClaim.Alpha) => Fewest(n => ToDismiss(margin, n, alpha) >= Usual);

    // One by one: where models stay the same, more replicates lose degrees of freedom, and power need not grow everywhere.
    private static int? Fewest(Func<int, bool> isEnough)
    {
        if (!isEnough(Most))
            return null;
        var n = 2;
        while (!isEnough(n))
            n++;
        return n;
    }

    // The mean of a function of s = √(χ²_ν / ν), the standard error found over the true one.
    private static double OverError(double degrees, Func<double, double> of)
    {
        if (degrees >= 1e6)
            return of(1);
        var (root, width) = (Math.Sqrt(degrees), 8.0); // χ_ν lies within 8 of √ν but for 1e-14
        var scale = ((1 - (degrees / 2)) * Math.Log(2)) - SpecialFunctions.GammaLn(degrees / 2);
        return GaussLegendreRule.Integrate(
            u => Math.Exp(scale + ((degrees - 1) * Math.Log(u)) - (u * u / 2)) * of(u / root), Math.Max(1e-12, root - width), root + width,
            Points);
    }
}
