using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Experiments.Statistics;
using Consort.Foundation.Options;
using Consort.Learning.Runs;
using Consort.Studies.Recipes;
using Consort.Studies.Recipes.Measures;

namespace Consort.Studies.Distilling;

/// <summary>A model's quality on the test split, or on the validation split where there is no other.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Auc">Its AUC.</param>
/// <param name="LogLoss">Its log-loss.</param>
/// <param name="Parameters">Trained numbers.</param>
public sealed record DistilLine(string Name, double Auc, double LogLoss, long Parameters);

/// <summary>Teachers, student, and the student trained by labels alone.</summary>
/// <param name="Teacher">The teacher; of several the mean of their logits.</param>
/// <param name="Student">The student.</param>
/// <param name="Alone">The student by labels alone, or null.</param>
/// <param name="ToTeacher">Student minus teacher, AUC by DeLong on the test rows; null where rows cannot be compared.</param>
/// <param name="ToAlone">Student minus student alone, or null.</param>
/// <param name="Gain">Teacher minus student alone, or else minus the members alone; or null.</param>
public sealed record DistilResult(
    DistilLine Teacher, DistilLine Student, DistilLine? Alone, Comparison? ToTeacher, Comparison? ToAlone, Comparison? Gain)
{
    /// <summary>The mean of the runs of single models that the teacher's members come from, or null where there are none.</summary>
    public DistilLine? Members { get; init; }

    /// <summary>
    /// The share of the teacher's gain in AUC over the student alone, or else over its members alone, that the student keeps; null without
    /// either, and where the 95 % interval of the gain reaches down to 0: a share of what may be nothing says nothing.
    /// </summary>
    public double? Kept => (Alone ?? Members) is { } alone && Gain is { Low: > 0 }
        ? (Student.Auc - alone.Auc) / (Teacher.Auc - alone.Auc) : null;

    /// <summary>The same with its 95 % interval; null where the rows cannot tell.</summary>
    public Share? Share { get; init; }

    /// <summary>
    /// Whose rows all this is measured on: <c>test</c>, or <c>valid</c> where there are no test rows. Those also chose the student's
    /// weights, so they say a little too much of it.
    /// </summary>
    public string Split { get; init; } = "test";

    /// <summary>The ways that were tried; none unless asked for.</summary>
    public IReadOnlyList<DistilTry> Tried { get; init; } = [];

    /// <summary>Whether the student says as many clicks as there are; null where that cannot be told.</summary>
    public RunCalibration? Calibration { get; init; }
}

/// <summary>Trains one model on labels and on what finished runs say, and sets it beside them.</summary>
public static class DistilRun
{
    /// <summary>The student unless another is asked for: the model that most of the teachers' members are of.</summary>
    /// <exception cref="ConsortException">A teacher is none.</exception>
    public static string StudentOf(IReadOnlyList<string> teachers, Catalogues? catalogues = null) =>
        MemberRuns.CommonestModel(teachers, catalogues);

    /// <summary>Runs it. What has finished before is not repeated, what was stopped goes on.</summary>
    /// <exception cref="ConsortException">A mistake in the runs, the settings, or the folder.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it; the same call goes on.</exception>
    public static DistilResult Run(DistilRequest request, CancellationToken cancellation)
    {
        string[] teachers = [.. request.Teachers.Select(Path.GetFullPath)];
        foreach (var run in teachers) // what cannot be measured is refused before anything is trained
        {
            _ = RunSummary.Find(new RunFolder(run));
            if (UnderTraining.Of(new RunFolder(run)) is { } line)
                request.Notice?.Invoke(line);
        }

        foreach (var place in request.Alone ? [request.Folder, AloneFolder(request.Folder)] : new[] { request.Folder })
            if (new RunFolder(place).HoldsOthers)
                throw new ConsortException($"--out {place}: found a folder that holds other things than a run, expected a new folder or that of a run");
        IReadOnlyList<DistilTry> tried = [];
        if (request.Tries)
            (request, tried) = DistilTrial.Run(
                request, teachers, (experiment, folder) => Train(request, experiment, folder, cancellation), cancellation);
        var student = Train(request, StudentExperiment.Make(request, teachers), request.Folder, cancellation);
        var alone = request.Alone ? Train(request, StudentExperiment.Make(request, []), AloneFolder(request.Folder), cancellation) : null;
        var teacher = Measured.Of([.. teachers.Select(Finished)]);
        var members = Members();
        var comparisons = new RowComparisons();
        var against = alone is null ? members : [alone];
        var share = against.Length == 0 ? null : GainShare.Of(student.Rows(), teacher.Rows(), [.. against.Select(m => m.Rows())]);
        return new DistilResult(
            Line(teachers.Length == 1 ? "teacher" : "teachers", teacher), Line("student", student), alone is null
            ? null : Line("student alone", alone),
            comparisons.Compare(student, teacher)?.Auc, alone is null ? null : comparisons.Compare(student, alone)?.Auc, share?.Gain)
        {
            Members = members.Length == 0 ? null : new DistilLine(
                $"{members.Length} members alone, mean", members.Average(m => m.Auc), members.Average(m => m.LogLoss),
                (long)members.Average(m => m.Parameters)),
            Share = share?.Share,
            Split = Outcome(new RunFolder(request.Folder)).Summary.Split,
            Calibration = CalibrationOf(request, cancellation),
            Tried = tried,
        };

        // They may be gone, or their rows: the student is there all the same.
        Measured[] Members()
        {
            try
            {
                return [.. MemberRuns.Of(teachers, request.Catalogues).Select(m => Measured.Of(Finished(m)))];
            }
            catch (ConsortException e)
            {
                request.Notice?.Invoke($"the members alone were not measured: {e.Message}");
                return [];
            }
        }

        RecipeOutcome Finished(string run)
        {
            var folder = new RunFolder(run);
            TestRows.Keep(folder, request.Data, request.Threads, cancellation, request.Catalogues);
            return Outcome(folder);
        }
    }

    /// <summary>Where the student that learns from labels alone goes.</summary>
    public static string AloneFolder(string folder) => Path.TrimEndingDirectorySeparator(folder) + "-alone";

    private static Measured Train(DistilRequest request, Experiment experiment, string path, CancellationToken cancellation)
    {
        var folder = new RunFolder(path);
        if (File.Exists(folder.Experiment) && folder.HasTrained && !RunIdentity.IsOf(folder, experiment, request.Threads, cancellation))
            throw new ConsortException($"{folder.Path}: holds a run of another setting or other data; name another folder with --out, or delete it");
        if (RunSummary.Find(folder) is null)
        {
            TestRows.Forget(folder);
            ExperimentRunner.Run(
                new RunRequest(experiment, folder.Path, request.Threads, File.Exists(folder.LastCheckpoint), request.Encoding,
                    request.Training)
                { Notice = request.Notice }, cancellation);
        }

        folder.ClearLeftovers();
        TestRows.Keep(folder, experiment, request.Threads, cancellation);
        return Measured.Of(Outcome(folder));
    }

    private static RunCalibration? CalibrationOf(DistilRequest request, CancellationToken cancellation)
    {
        EncodedDataset data;
        try
        {
            data = RunRows.Open(new RunFolder(request.Folder), request.Data, request.Threads, null, cancellation, request.Catalogues);
        }
        catch (ConsortException e)
        {
            request.Notice?.Invoke($"the student's calibration was not measured: {e.Message}");
            return null;
        }

        using (data)
            return RunCalibration.Of(request.Folder, data, request.Threads, cancellation, request.Catalogues);
    }

    private static RecipeOutcome Outcome(RunFolder folder) => new(
        new RecipeRun(folder.Path, "", 0, OptionTree.Keys()),
        RunSummary.Find(folder) ?? throw new ConsortException(
            $"{folder.Path}: found a run that has not finished, expected a finished one"));

    private static DistilLine Line(string name, Measured measured) => new(name, measured.Auc, measured.LogLoss, measured.Parameters);
}
