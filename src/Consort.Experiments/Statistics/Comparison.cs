using System.Globalization;

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

    /// <summary>The format of a difference, always with its sign.</summary>
    internal const string Format = "+0.00000;−0.00000;0.00000";

    /// <summary>Degrees of freedom of the error by Student's t; infinite for a normal one.</summary>
    public double Degrees { get; init; } = double.PositiveInfinity;

    /// <summary>Whether the interval leaves out zero.</summary>
    public bool IsDecided => Low > 0 || High < 0;

    /// <summary>
    /// Equivalence by two one-sided tests: the greater of the p-values of "at most −margin" and "at least margin". Below 0.05 it says what
    /// the 90 % interval says that lies within ±margin. Source: Schuirmann 1987.
    /// </summary>
    /// <param name="margin">The greatest difference that does not count, at least 0.</param>
    public double EquivalenceP(double margin) => StandardError == 0
        ? (Math.Abs(Difference) < margin ? 0 : 1)
        : StudentError.Below((Math.Abs(Difference) - margin) / StandardError, Degrees);

    /// <summary>Second minus first.</summary>
    internal Comparison Negated() => this with { Difference = -Difference, Low = -High, High = -Low };

    /// <summary>"+0.00120".</summary>
    internal string Shown => Text(Difference);

    /// <summary>"+0.00080 to +0.00160".</summary>
    /// <param name="between">What stands between the ends.</param>
    internal string Ends(string between = "to") => $"{Text(Low)} {between} {Text(High)}";

    /// <summary>"+0.00120 (+0.00080 to +0.00160)".</summary>
    /// <param name="between">As there.</param>
    internal string ToText(string between = "to") => $"{Shown} ({Ends(between)})";

    /// <summary>"+0.00120 AUC, 95 % +0.00080 to +0.00160".</summary>
    internal string AucText => $"{Shown} AUC, 95 % {Ends()}";

    private static string Text(double value) => value.ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>From an estimate whose error is normal.</summary>
    internal static Comparison FromNormal(double difference, double standardError) =>
        FromStudent(difference, standardError, double.PositiveInfinity);

    /// <summary>From an estimate whose error is Student's t.</summary>
    internal static Comparison FromStudent(double difference, double standardError, double degrees)
    {
        if (standardError == 0)
            return new Comparison(difference, 0, difference, difference, difference == 0 ? 1 : 0) { Degrees = degrees };
        var reach = StudentError.Quantile(0.5 + (Confidence / 2), degrees) * standardError;
        var p = 2 * StudentError.Below(-Math.Abs(difference) / standardError, degrees);
        return new Comparison(difference, standardError, difference - reach, difference + reach, p) { Degrees = degrees };
    }

    /// <summary>
    /// One error of several causes that have nothing to do with each other, such as new seeds and new rows: SE² = Σ SE_i², by Student's t
    /// with SE⁴ / Σ (SE_i⁴ / degrees_i) degrees of freedom. Source: Satterthwaite 1946.
    /// </summary>
    /// <param name="difference">The estimate.</param>
    /// <param name="causes">Of the same estimate; what is null has no part in it.</param>
    public static Comparison Joint(double difference, params IReadOnlyList<Comparison?> causes)
    {
        var (sum, weights) = (0.0, 0.0);
        foreach (var cause in causes.OfType<Comparison>())
        {
            var variance = cause.StandardError * cause.StandardError;
            sum += variance;
            weights += variance * variance / cause.Degrees;
        }

        return FromStudent(difference, Math.Sqrt(sum), weights == 0 ? double.PositiveInfinity : sum * sum / weights);
    }
}
