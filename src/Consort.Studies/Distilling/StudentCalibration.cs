using Consort.Data.Datasets;
using Consort.Experiments.Running;
using Consort.Learning.Evaluation;
using Consort.Serving.Calibrations;

namespace Consort.Studies.Distilling;

/// <summary>
/// Predicted over observed clicks of a student, as it is and by Platt's calibration fitted to its validation rows: a student that matched
/// logits says the mean logit, which is not the logit of the mean.
/// </summary>
/// <param name="Valid">On the validation rows, as it is.</param>
/// <param name="ValidCalibrated">The same, calibrated.</param>
/// <param name="Test">On the test rows, as it is; null without any.</param>
/// <param name="TestCalibrated">The same, calibrated.</param>
/// <param name="Platt">What was fitted; <c>consort pack</c> fits the same.</param>
public sealed record StudentCalibration(double Valid, double ValidCalibrated, double? Test, double? TestCalibrated, Calibration Platt)
{
    /// <summary>Measures it; null where validation rows are of one class or logits all alike.</summary>
    internal static StudentCalibration? Of(string run, EncodedDataset data, int threads, CancellationToken cancellation)
    {
        using var student = new FinishedRun(run, threads);
        var valid = Read(student, data.Valid!, cancellation);
        Calibration platt;
        try
        {
            platt = CalibrationFit.Fit(CalibrationKind.Platt, valid.Logits, valid.Labels);
        }
        catch (ArgumentException)
        {
            return null;
        }

        var test = data.Test is { } split ? Read(student, split, cancellation) : null;
        return new StudentCalibration(
            Ratio(valid, Calibration.None), Ratio(valid, platt), test is null ? null : Ratio(test, Calibration.None),
            test is null ? null : Ratio(test, platt), platt);
    }

    private static double Ratio(RowLogits rows, Calibration calibration) =>
        rows.Logits.Sum(z => calibration.Probability(z)) / rows.Labels.Sum(y => (double)y);

    private static RowLogits Read(FinishedRun run, EncodedSplit split, CancellationToken cancellation)
    {
        var (labels, logits) = (new List<float>(), new List<float>());
        run.Read(split, batch =>
        {
            foreach (var label in batch.Labels())
                labels.Add((float)label);
            foreach (var logit in batch.EnsembleLogits())
                logits.Add((float)logit);
        }, cancellation);
        return new RowLogits([.. labels], [.. logits], []);
    }
}
