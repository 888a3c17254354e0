using System.Globalization;
using Consort.Foundation.Files;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.TensorBoard;

/// <summary>What TensorBoard is shown of a run, one folder a run.</summary>
internal static class RunScalars
{
    /// <summary>Writes one event file a run below a folder; an earlier one of the same run is replaced.</summary>
    /// <param name="folder">TensorBoard's log folder.</param>
    /// <param name="runs">Each with a name of its own and evaluations.</param>
    /// <returns>How many files were written.</returns>
    public static int Write(string folder, IEnumerable<(string Name, RunRecord Run)> runs)
    {
        var files = 0;
        foreach (var (name, run) in runs)
        {
            if (run.Evaluations.Count == 0)
                continue;
            var begin = run.Evaluations[0].Time;
            var seconds = (long)(begin.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
            var path = Path.Combine(folder, name, string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{seconds}.consort"));
            SafeFile.Write(path, stream => EventFile.Write(stream, begin, Of(run)));
            files++;
        }

        return files;
    }

    /// <summary>Every evaluation, and the results at the last step.</summary>
    public static IEnumerable<Scalar> Of(RunRecord run)
    {
        foreach (var e in run.Evaluations)
        {
            foreach (var (term, value) in e.Loss)
                yield return new Scalar($"loss/{term}", e.Steps, value, e.Time);
            if (e.Loss.Count > 1)
                yield return new Scalar("loss/total", e.Steps, e.Loss.Sum(t => t.Value), e.Time);
            yield return new Scalar("learning_rate", e.Steps, e.LearningRate, e.Time);
            yield return new Scalar("epoch", e.Steps, e.Epochs, e.Time);
            yield return new Scalar("valid/auc", e.Steps, e.Valid.Auc, e.Time);
            yield return new Scalar("valid/log_loss", e.Steps, e.Valid.LogLoss, e.Time);
            yield return new Scalar("valid/calibration", e.Steps, e.Valid.Calibration, e.Time);
            yield return new Scalar("valid/calibration_error", e.Steps, e.Valid.CalibrationError, e.Time);
            for (var m = 0; m < e.MemberAuc.Count && e.MemberAuc.Count > 1; m++)
                yield return new Scalar(string.Create(CultureInfo.InvariantCulture, $"valid/auc/member_{m}"), e.Steps, e.MemberAuc[m], e.Time);
        }

        if (run.Test is not { } test)
            yield break;
        var last = run.Evaluations[^1];
        yield return new Scalar("test/auc", last.Steps, test.Auc, last.Time);
        yield return new Scalar("test/log_loss", last.Steps, test.LogLoss, last.Time);
        yield return new Scalar("test/calibration", last.Steps, test.Calibration, last.Time);
        for (var m = 0; m < run.MemberAuc.Count && run.MemberAuc.Count > 1; m++)
            yield return new Scalar(string.Create(CultureInfo.InvariantCulture, $"test/auc/member_{m}"), last.Steps, run.MemberAuc[m], last.Time);
    }
}
