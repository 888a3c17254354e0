using Consort.Data.Datasets;
using Consort.Experiments.Running;
using Consort.Foundation.Options;
using Consort.Learning.Evaluation;
using Consort.Serving.Calibrations;

namespace Consort.Experiments.Packing;

/// <summary>
/// Predicted over observed clicks of a run, as it is and by Platt's calibration fitted to its validation rows: a student that matched
/// logits says the mean logit, which is not the logit of the mean.
/// </summary>
/// <param name="Valid">On the validation rows, as it is.</param>
/// <param name="ValidCalibrated">The same, calibrated.</param>
/// <param name="Test">On the test rows, as it is; null without any.</param>
/// <param name="TestCalibrated">The same, calibrated.</param>
/// <param name="Platt">What was fitted; <c>consort pack</c> fits the same.</param>
public sealed record RunCalibration(double Valid, double ValidCalibrated, double? Test, double? TestCalibrated, Calibration Platt)
{
    /// <summary>Measures it; null where validation rows are of one class or logits all alike.</summary>
    /// <param name="path">The run folder.</param>
    /// <param name="data">Its rows.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <param name="catalogues">By which names in the run are resolved; null for those that come along.</param>
    internal static RunCalibration? Of(string path, EncodedDataset data, int threads, CancellationToken cancellation,
        Catalogues? catalogues = null)
    {
        using var run = new FinishedRun(path, threads, catalogues: catalogues);
        var valid = Read(run, data.Valid!, cancellation);
        Calibration platt;
        try
        {
            platt = CalibrationFit.Fit(CalibrationKind.Platt, valid.Logits, valid.Labels, valid.Weights);
        }
        catch (ArgumentException)
        {
            return null;
        }

        var test = data.Test is { } split ? Read(run, split, cancellation) : null;
        return new RunCalibration(
            Ratio(valid, Calibration.None), Ratio(valid, platt), test is null ? null : Ratio(test, Calibration.None),
            test is null ? null : Ratio(test, platt), platt);
    }

    private static double Ratio(RowLogits rows, Calibration calibration) =>
        rows.Logits.Select((z, i) => rows.WeightOf(i) * calibration.Probability(z)).Sum()
            / rows.Labels.Select((y, i) => rows.WeightOf(i) * y).Sum();

    internal static RowLogits Read(FinishedRun run, EncodedSplit split, CancellationToken cancellation)
    {
        var (labels, logits, weights) = (new List<float>(), new List<float>(), new List<float>());
        run.Read(split, batch =>
        {
            foreach (var label in batch.Labels())
                labels.Add((float)label);
            foreach (var logit in batch.EnsembleLogits())
                logits.Add((float)logit);
            foreach (var weight in batch.Weights())
                weights.Add((float)weight);
        }, cancellation);
        return new RowLogits([.. labels], [.. logits], []) { Weights = weights.Count == 0 ? null : [.. weights] };
    }
}
