using MathNet.Numerics.Statistics;

namespace Consort.Experiments.Statistics;

/// <summary>
/// Means and their variances, of values that count as often as their weights say; no weights mean once each. W = Σ w stands for the number
/// of rows: Var(mean) = Σ w (v − mean)² / (W − 1) / W.
/// </summary>
internal static class Spread
{
    /// <summary>The mean.</summary>
    public static double Mean(double[] values, double[] weights) =>
        weights.Length == 0 ? values.Average() : values.Zip(weights, (v, w) => v * w).Sum() / weights.Sum();

    /// <summary>The variance of the mean.</summary>
    public static double OfMean(double[] values, double[] weights) =>
        weights.Length == 0 ? values.Variance() / values.Length : OfMeans(values, values, weights);

    /// <summary>The covariance of two means.</summary>
    public static double OfMeans(double[] first, double[] second, double[] weights)
    {
        if (weights.Length == 0)
            return first.Covariance(second) / first.Length;
        var (a, b, all, sum) = (Mean(first, weights), Mean(second, weights), weights.Sum(), 0.0);
        for (var i = 0; i < weights.Length; i++)
            sum += weights[i] * (first[i] - a) * (second[i] - b);
        return sum / (all - 1) / all;
    }
}
