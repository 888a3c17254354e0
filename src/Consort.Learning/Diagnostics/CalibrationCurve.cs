namespace Consort.Learning.Diagnostics;

/// <summary>
/// A reliability curve over bins of equal mass: rows are put in order of their probability and cut into bins of as many rows
/// each; rows of one and the same probability stay together, so that the curve does not depend on the order of the rows.
/// Source: Guo et al. 2017 (On Calibration of Modern Neural Networks) for the error, with bins of equal mass instead of equal
/// width, for in click data nearly all rows lie in the lowest of equal widths.
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
}
