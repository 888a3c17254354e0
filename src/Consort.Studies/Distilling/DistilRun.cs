using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Experiments.Statistics;
using Consort.Foundation.Options;
using Consort.Learning.Runs;
using Consort.Studies.Recipes;
using Consort.Studies.Recipes.Measures;

namespace Consort.Studies.Distilling;

/// <summary>A model's quality on the test split.</summary>
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
/// <param name="Gain">Teacher minus student alone, or null.</param>
public sealed record DistilResult(
    DistilLine Teacher, DistilLine Student, DistilLine? Alone, Comparison? ToTeacher, Comparison? ToAlone, Comparison? Gain)
{
    /// <summary>
    /// The share of the teacher's gain in AUC over the student alone that the student keeps; null without that run, and where the 95 %
    /// interval of the gain reaches down to 0: a share of what may be nothing says nothing.
    /// </summary>
    public double? Kept => Alone is { } alone && Gain is { Low: > 0 } ? (Student.Auc - alone.Auc) / (Teacher.Auc - alone.Auc) : null;
}

/// <summary>Trains one model on labels and on what finished runs say, and sets it beside them.</summary>
public static class DistilRun
{
    /// <summary>Runs it. What has finished before is not repeated, what was stopped goes on.</summary>
    /// <exception cref="ConsortException">A mistake in the runs, the settings, or the folder.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it; the same call goes on.</exception>
    public static DistilResult Run(DistilRequest request, CancellationToken cancellation)
    {
        string[] teachers = [.. request.Teachers.Select(Path.GetFullPath)];
        var student = Train(request, StudentExperiment.Make(request, teachers), request.Folder, cancellation);
        var alone = request.Alone ? Train(request, StudentExperiment.Make(request, []), AloneFolder(request.Folder), cancellation) : null;
        var outcomes = teachers.Select(teacher =>
        {
            var folder = new RunFolder(teacher);
            TestRows.Keep(folder, request.Data, request.Threads, cancellation);
            return Outcome(folder);
        }).ToArray();
        var (measured, comparisons) = (Measured.Of(outcomes), new RowComparisons());
        return new DistilResult(
            Line(teachers.Length == 1 ? "teacher" : "teachers", measured), Line("student", student), alone is null
            ? null : Line("student alone", alone),
            comparisons.Compare(student, measured)?.Auc, alone is null ? null : comparisons.Compare(student, alone)?.Auc,
            alone is null ? null : comparisons.Compare(measured, alone)?.Auc);
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

    private static RecipeOutcome Outcome(RunFolder folder) => new(
        new RecipeRun(folder.Path, "", 0, OptionTree.Keys()),
        RunSummary.Find(folder) ?? throw new ConsortException(
            $"{folder.Path}: found a run that has not finished, expected a finished one"));

    private static DistilLine Line(string name, Measured measured) => new(name, measured.Auc, measured.LogLoss, measured.Parameters);
}
