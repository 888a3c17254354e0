using MathNet.Numerics.Distributions;

namespace Consort.Experiments.Statistics;

/// <summary>Student's t with any degrees of freedom, whole or not; the normal distribution where they are many.</summary>
internal static class StudentError
{
    // From here on the two differ by less than 1e-7, and the inverse of Student's t is no longer found safely.
    private const double Many = 1e6;

    /// <summary>The probability of a value up to x.</summary>
    public static double Below(double x, double degrees) => degrees >= Many ? Normal.CDF(0, 1, x) : StudentT.CDF(0, 1, degrees, x);

    /// <summary>The value up to which the probability is p.</summary>
    public static double Quantile(double p, double degrees) =>
        degrees >= Many ? Normal.InvCDF(0, 1, p) : StudentT.InvCDF(0, 1, degrees, p);
}
