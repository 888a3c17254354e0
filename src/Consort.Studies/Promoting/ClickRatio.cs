using Consort.Experiments.Statistics;

namespace Consort.Studies.Promoting;

/// <summary>
/// Predicted over observed clicks, Σ p / Σ y, with a 95 % interval: of a ratio of sums by its residuals p − R y (Cochran 1977, 6.4), summed
/// over clusters where rows are not independent, and on the scale of its logarithm.
/// </summary>
/// <param name="Value">R; ideally 1.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public sealed record ClickRatio(double Value, double Low, double High)
{
    /// <summary>Whether the whole interval lies off from 1 by more than a share.</summary>
    public bool IsSurelyOff(double share) => Low > 1 + share || High < 1 / (1 + share);

    /// <summary>Measures it; null without a click.</summary>
    /// <param name="probabilities">[n].</param>
    /// <param name="labels">0 or 1, [n].</param>
    /// <param name="clusters">What each row belongs to; null where each stands for itself.</param>
    /// <param name="weights">How often each row counts; none where all count once.</param>
    internal static ClickRatio? Of(double[] probabilities, float[] labels, IReadOnlyList<int>? clusters, double[] weights)
    {
        var clicks = Array.ConvertAll(labels, y => (double)y);
        var (predicted, observed) = (Spread.Mean(probabilities, weights), Spread.Mean(clicks, weights));
        if (observed == 0)
            return null;
        var ratio = predicted / observed;
        double[] residuals = [.. probabilities.Zip(clicks, (p, y) => p - (ratio * y))];
        var reach = 1.959964 * PairedMean.Of(residuals, clusters, weights).StandardError / observed / ratio;
        return new ClickRatio(ratio, ratio * Math.Exp(-reach), ratio * Math.Exp(reach));
    }
}
