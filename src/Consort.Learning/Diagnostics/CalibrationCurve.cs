using Consort.Learning.Evaluation;
using Consort.Learning.Losses;

namespace Consort.Learning.Diagnostics;

/// <summary>
/// A reliability curve over bins of equal mass: rows are put in order of their probability and cut into bins of as many rows each; rows of
/// one and the same probability stay together, so that the curve does not depend on the order of the rows. Source: Guo et al. 2017 (On
/// Calibration of Modern Neural Networks) for the error, with bins of equal mass instead of equal width, for in click data nearly all rows
/// lie in the lowest of equal widths.
/// </summary>
/// <param name="Bins">The points, from the least probable rows to the most.</param>
/// <param name="ExpectedError">ECE = Σ_bins n_bin/n · |mean p − mean y|, 0 to 1.</param>
/// <param name="MaximumError">max_bins |mean p − mean y|, 0 to 1.</param>
/// <param name="MeanPredicted">Mean p over all rows.</param>
/// <param name="MeanObserved">Mean label over all rows.</param>
public sealed record CalibrationCurve(
    IReadOnlyList<CalibrationBin> Bins, double ExpectedError, double MaximumError, double MeanPredicted, double MeanObserved)
{
    /// <summary>Mean p over mean label, ideally 1; infinite without clicks.</summary>
    public double Ratio => MeanPredicted / MeanObserved;

    /// <summary>Draws the curve of one output.</summary>
    /// <param name="logits">[n].</param>
    /// <param name="labels">0 or 1, [n].</param>
    /// <param name="weights">How much each row counts, [n]; none where all count alike. Bins have as many rows each all the same.</param>
    /// <param name="bins">How many, at least 1; there are fewer where rows of equal logit are many.</param>
    /// <exception cref="ArgumentException">Lengths differ, there are no rows or bins, or a label is neither 0 nor 1.</exception>
    public static CalibrationCurve Of(ReadOnlySpan<float> logits, ReadOnlySpan<float> labels, int bins,
        ReadOnlySpan<float> weights = default)
    {
        Labels.CheckLengths(logits.Length, labels.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        ArgumentOutOfRangeException.ThrowIfZero(logits.Length, nameof(logits));
        var (values, places) = (logits.ToArray(), Enumerable.Range(0, logits.Length).ToArray());
        Array.Sort(values, places);
        var points = new List<CalibrationBin>(bins);
        double predicted = 0, observed = 0, expected = 0, maximum = 0, all = 0;
        for (var start = 0; start < values.Length;)
        {
            // What is left over after long runs of equal rows is dealt anew over the bins that are left.
            var left = Math.Max(1, bins - points.Count);
            var end = start + ((values.Length - start + left - 1) / left);
            while (end < values.Length && values[end].Equals(values[end - 1]))
                end++;
            double sum = 0, hits = 0, rows = 0;
            for (var i = start; i < end; i++)
            {
                double weight = weights.IsEmpty ? 1 : weights[places[i]];
                sum += weight * Logistic.Sigmoid(values[i]);
                hits += Labels.IsClick(labels[places[i]]) ? weight : 0;
                rows += weight;
            }

            if (rows > 0)
                points.Add(new CalibrationBin(end - start, sum / rows, hits / rows));
            var error = Math.Abs(sum - hits);
            expected += error;
            maximum = Math.Max(maximum, rows > 0 ? error / rows : 0);
            (predicted, observed, all) = (predicted + sum, observed + hits, all + rows);
            start = end;
        }

        return new CalibrationCurve(points, expected / all, maximum, predicted / all, observed / all);
    }
}
