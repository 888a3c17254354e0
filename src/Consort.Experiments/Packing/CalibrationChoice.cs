using Consort.Experiments.Running;
using Consort.Foundation.Options;
using Consort.Serving.Calibrations;

namespace Consort.Experiments.Packing;

/// <summary>
/// Whether Platt's calibration says a run's validation rows better than the run itself: each half of them as calibrated by the other, for
/// on the rows that it is fitted to a calibration always looks good.
/// </summary>
/// <param name="LogLoss">Of the rows as the run says them.</param>
/// <param name="Calibrated">Calibrated so.</param>
public sealed record CalibrationChoice(double LogLoss, double Calibrated)
{
    /// <summary>Whether to calibrate.</summary>
    public bool IsBetter => Calibrated < LogLoss;

    /// <summary>Measures it; null where a half has rows of one class, or of one logit.</summary>
    /// <param name="run">The folder of a finished run, whose rows are at hand.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <param name="catalogues">By which names in the run are resolved; null for those that come along.</param>
    /// <exception cref="ConsortException">The run is damaged, or its rows are not at hand.</exception>
    public static CalibrationChoice? Of(string run, int threads, CancellationToken cancellation, Catalogues? catalogues = null)
    {
        using var finished = new FinishedRun(run, threads, catalogues: catalogues);
        using var data = RunRows.Open(finished.Folder, null, threads, null, cancellation, catalogues);
        var said = RunCalibration.Read(finished, data.Valid!, cancellation);
        var rows = new ScoredRows(data.Space.HasWeights);
        rows.Add(said.Logits, said.Labels, said.Weights);
        return rows.Crossed(CalibrationKind.Platt) is { } crossed ? new CalibrationChoice(crossed.AsIs, crossed.Calibrated) : null;
    }
}
