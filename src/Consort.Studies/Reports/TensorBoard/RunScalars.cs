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
            Write(Path.Combine(folder, name), run.Evaluations[0].Time, Of(run));
            files++;
        }

        return files;
    }

    /// <summary>Writes one event file.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="begin">When what it is about began.</param>
    /// <param name="scalars">In the order of their steps.</param>
    public static void Write(string folder, DateTime begin, IEnumerable<Scalar> scalars)
    {
        var seconds = (long)(begin.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
        var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{seconds}.consort"));
        SafeFile.Write(path, stream => EventFile.Write(stream, begin, scalars));
    }

    /// <summary>Every evaluation, and the results at the last step.</summary>
    public static IEnumerable<Scalar> Of(RunRecord run)
    {
        var scalars = run.Evaluations.SelectMany(e => Of(e).Select(v => new Scalar(v.Tag, e.Steps, v.Value, e.Time)));
        return run.Test is not { } test ? scalars : scalars.Concat(
            ((IEnumerable<(string Tag, double Value)>)[
                ("test/auc", test.Auc), ("test/log_loss", test.LogLoss), ("test/calibration", test.Calibration),
                .. Members("test", run.MemberAuc),
            ]).Select(v => new Scalar(v.Tag, run.Evaluations[^1].Steps, v.Value, run.Evaluations[^1].Time)));
    }

    private static IEnumerable<(string Tag, double Value)> Of(EvaluationRecord e) =>
    [
        .. e.Loss.Select(t => ($"loss/{t.Key}", t.Value)),
        .. Enumerable.Repeat(("loss/total", e.Loss.Sum(t => t.Value)), e.Loss.Count > 1 ? 1 : 0),
        ("learning_rate", e.LearningRate), ("epoch", e.Epochs), ("valid/auc", e.Valid.Auc), ("valid/log_loss", e.Valid.LogLoss),
        ("valid/calibration", e.Valid.Calibration), ("valid/calibration_error", e.Valid.CalibrationError), .. Members("valid", e.MemberAuc),
    ];

    private static IEnumerable<(string Tag, double Value)> Members(string split, IReadOnlyList<double> auc) =>
        auc.Where(_ => auc.Count > 1).Select((value, m) => (string.Create(CultureInfo.InvariantCulture, $"{split}/auc/member_{m}"), value));
}
