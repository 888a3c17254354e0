using MathNet.Numerics.Statistics;

namespace Consort.Experiments.Statistics;

/// <summary>The same measurement over several seeds.</summary>
/// <param name="Values">One a seed, in the order of the seeds.</param>
public sealed record Replicates(IReadOnlyList<double> Values)
{
    /// <summary>Their mean; NaN if there are none.</summary>
    public double Mean => Values.DefaultIfEmpty(double.NaN).Average();

    /// <summary>Their standard deviation with n − 1 below; NaN for fewer than two.</summary>
    public double Deviation => Values.StandardDeviation();

    /// <summary>
    /// The 95 % confidence interval of the mean by Student's t, as a difference from zero; null for fewer than two values.
    /// </summary>
    public Comparison? Interval =>
        Values.Count < 2 ? null : Comparison.FromStudent(Mean, Deviation / Math.Sqrt(Values.Count), Values.Count - 1);

    /// <summary>
    /// Compares two measurements of the same seeds, first minus second: Student's t over the differences seed by seed, so that what a seed
    /// does to both cancels.
    /// </summary>
    /// <exception cref="ArgumentException">Different numbers of seeds, or fewer than two.</exception>
    public static Comparison Compare(Replicates first, Replicates second)
    {
        if (first.Values.Count != second.Values.Count || first.Values.Count < 2)
            throw new ArgumentException($"found {first.Values.Count} and {second.Values.Count} seeds, expected as many, at least two");
        return new Replicates([.. first.Values.Zip(second.Values, (a, b) => a - b)]).Interval!;
    }
}
