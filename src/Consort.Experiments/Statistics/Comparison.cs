using MathNet.Numerics.Distributions;

namespace Consort.Experiments.Statistics;

/// <summary>A difference "first minus second" with its uncertainty.</summary>
/// <param name="Difference">The estimate.</param>
/// <param name="StandardError">Of the estimate; 0 where the two never differ.</param>
/// <param name="Low">Lower end of the 95 % confidence interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="PValue">Two-sided probability of a difference at least as large if there were none.</param>
public sealed record Comparison(double Difference, double StandardError, double Low, double High, double PValue)
{
    /// <summary>Share of the interval outside which chance would put the truth.</summary>
    public const double Confidence = 0.95;

    /// <summary>Whether the interval leaves out zero.</summary>
    public bool IsDecided => Low > 0 || High < 0;

    /// <summary>From an estimate whose error is normal.</summary>
    internal static Comparison FromNormal(double difference, double standardError)
    {
        if (standardError == 0)
            return new Comparison(difference, 0, difference, difference, difference == 0 ? 1 : 0);
        var reach = Normal.InvCDF(0, 1, 0.5 + (Confidence / 2)) * standardError;
        var p = 2 * Normal.CDF(0, 1, -Math.Abs(difference) / standardError);
        return new Comparison(difference, standardError, difference - reach, difference + reach, p);
    }

    /// <summary>From an estimate whose error is Student's t.</summary>
    internal static Comparison FromStudent(double difference, double standardError, int degrees)
    {
        if (standardError == 0)
            return new Comparison(difference, 0, difference, difference, difference == 0 ? 1 : 0);
        var reach = StudentT.InvCDF(0, 1, degrees, 0.5 + (Confidence / 2)) * standardError;
        var p = 2 * StudentT.CDF(0, 1, degrees, -Math.Abs(difference) / standardError);
        return new Comparison(difference, standardError, difference - reach, difference + reach, p);
    }
}
