using System.Diagnostics;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Learning.Runs;
using Consort.Learning.Strategies;
using Consort.Studies.Recipes;
using Monitor = Consort.Learning.Training.Monitor;

namespace Consort.Studies.Distilling;

/// <summary>A way to distil that was tried.</summary>
/// <param name="Name">What it is called; its run lies in a folder of that name.</param>
/// <param name="ValidAuc">Its AUC on the validation rows; null where the budget ended before it.</param>
/// <param name="ValidLogLoss">Likewise.</param>
/// <param name="Seconds">Of its training.</param>
/// <param name="IsBest">Whether it was kept.</param>
public sealed record DistilTry(string Name, double? ValidAuc, double? ValidLogLoss, double? Seconds, bool IsBest);

/// <summary>Tries several ways to distil and keeps the one that is best on validation rows, by what the training monitors.</summary>
internal static class DistilTrial
{
    private static readonly (string Name, Func<DistilRequest, DistilRequest> Change)[] Recipes =
    [
        ("logits", r => r),
        ("logits-members-l2", r => r with { L2Share = 1 }),
        ("logits-then-labels", r => r with { LabelEpochs = 1 }),
        ("soft", r => r with { Distance = TeacherDistance.SoftLabel }),
    ];

    /// <summary>Where the runs that were not kept lie.</summary>
    public static string FolderOf(string student) => Path.TrimEndingDirectorySeparator(student) + "-try";

    /// <summary>Trains what has not been trained yet, and moves the best run into the student's folder.</summary>
    /// <param name="request">What is asked for, without a recipe.</param>
    /// <param name="teachers">Full paths.</param>
    /// <param name="train">Trains an experiment into a folder, unless that has been done.</param>
    /// <param name="cancellation">Stops between steps; the same call goes on.</param>
    /// <returns>The request of the best, and what was tried.</returns>
    public static (DistilRequest Best, IReadOnlyList<DistilTry> Tried) Run(
        DistilRequest request, IReadOnlyList<string> teachers, Action<Experiment, string> train, CancellationToken cancellation)
    {
        var tries = new List<(string Name, DistilRequest Request, string Folder, RunSummary? Summary)>();
        var (start, isKept) = (Stopwatch.GetTimestamp(), false);
        var monitor = Monitor.Auc;
        foreach (var (name, change) in Recipes)
        {
            var recipe = change(request);
            var experiment = StudentExperiment.Make(recipe, teachers);
            monitor = experiment.Training.Monitor;
            var folder = Path.Combine(FolderOf(request.Folder), name);
            if (!isKept && IsOf(request, experiment, cancellation))
                (isKept, folder) = (true, request.Folder);
            var isOver = request.BudgetMinutes is { } most && Stopwatch.GetElapsedTime(start).TotalMinutes >= most;
            if (!isOver || tries.Count == 0)
                train(experiment, folder);
            tries.Add((name, recipe, folder, RunSummary.Find(new RunFolder(folder))));
        }

        if (!isKept && new RunFolder(request.Folder).HasTrained)
            throw new ConsortException(
                $"{request.Folder}: holds a run of another setting or other data; name another folder with --out, or delete it");
        var best = tries.Where(t => t.Summary is not null)
            .MaxBy(t => monitor == Monitor.LogLoss ? -t.Summary!.Valid.LogLoss : t.Summary!.Valid.Auc);
        if (best.Folder != request.Folder)
        {
            if (tries.Find(t => t.Folder == request.Folder).Name is { } before)
            {
                var place = Path.Combine(FolderOf(request.Folder), before);
                Directory.Move(request.Folder, place);
                request.Notice?.Invoke($"{request.Folder}: the run that stood there, {before}, lies in {place} now: {best.Name} is better on validation rows");
            }
            else
                new RunFolder(request.Folder).RemoveEmpty();
            Directory.Move(best.Folder, request.Folder);
        }

        return (best.Request, [.. tries.Select(t => new DistilTry(
            t.Name, t.Summary?.Valid.Auc, t.Summary?.Valid.LogLoss, t.Summary?.Seconds, t.Name == best.Name))]);
    }

    private static bool IsOf(DistilRequest request, Experiment experiment, CancellationToken cancellation)
    {
        var folder = new RunFolder(request.Folder);
        return File.Exists(folder.Experiment) && folder.HasTrained && RunIdentity.IsOf(folder, experiment, request.Threads, cancellation);
    }
}
