using System.Globalization;
using System.Text;
using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Foundation.Files;
using Consort.Learning.Runs;
using Consort.Learning.Training;

namespace Consort.Studies.Recipes;

/// <summary>Who is told how a recipe goes.</summary>
internal interface IRecipeProgress
{
    /// <summary>A run begins, or is found finished.</summary>
    /// <param name="text">A line to keep.</param>
    void Keep(string text);

    /// <summary>Told about encoding.</summary>
    IProgress<EncodeProgress>? Encoding { get; }

    /// <summary>Told about training.</summary>
    IProgress<TrainingProgress>? Training { get; }
}

/// <summary>
/// Runs what a recipe needs, one after another or several side by side. A run that has finished before is not repeated, one that was
/// stopped goes on; the table is written after each run, over those that have finished.
/// </summary>
internal static class RecipeRunner
{
    /// <summary>Runs the recipe.</summary>
    /// <param name="recipe">What to make.</param>
    /// <param name="request">From what and where to.</param>
    /// <param name="threads">At least 1, shared among the jobs.</param>
    /// <param name="progress">Told how it goes, or null; of several jobs only which run begins.</param>
    /// <param name="cancellation">Stops after the steps under way; the same call goes on from there.</param>
    /// <param name="jobs">Runs side by side, 1 to <paramref name="threads"/>. Results do not depend on it.</param>
    /// <exception cref="ConsortException">A mistake in data or folder.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public static RecipeTable Run(
        Recipe recipe, RecipeRequest request, int threads, IRecipeProgress? progress, CancellationToken cancellation, int jobs = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(jobs, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(jobs, threads);
        recipe.CheckMembers(request);
        var runs = recipe.Plan(request).ToList();
        using var claim = Claim.Take(request.Folder, Path.Combine(request.Folder, "writer"), "name another folder with --out");
        if (recipe.Make(request, threads, progress, cancellation) is { } made)
        {
            Write(request, made);
            return made;
        }

        var plan = runs.Select(run => (Run: run, Folder: new RunFolder(request.RunFolder(run.Name)))).ToList();
        var first = Parse(plan[0].Run, request, findRuns: false);
        request.Memory.Clusters = request.Cluster is { } column
            ? TestRows.Clusters(first, column, threads, progress?.Encoding, cancellation)
            : TestRows.Groups(first, threads, progress?.Encoding, cancellation);
        // Before the runs, so that one that is not to be had is told at once.
        request.Memory.Baselines = RecipeBaseline.Learn(request, first, threads, progress, cancellation);
        var pace = new RecipePace();
        progress?.Keep(Forecast(plan, request, threads / jobs, jobs, pace, progress, cancellation));
        var schedule = new RecipeSchedule([.. plan.Select(p => p.Run)]);
        var outcomes = new RecipeOutcome?[plan.Count];
        var gate = new Lock(); // around pace, outcomes and the table
        // Jobs that found the data not encoded would all encode them.
        if (jobs > 1)
            Parse(plan[0].Run, request, findRuns: false).Data!.Open(threads, progress?.Encoding, cancellation).Dataset.Dispose();
        schedule.Run(jobs, RunOne, cancellation);
        return Written();

        void RunOne(int i, CancellationToken stop)
        {
            var (run, folder) = plan[i];
            // Read only now: it may start from a run that has just finished.
            var experiment = Parse(run, request);
            var summary = Finished(folder, experiment, threads / jobs, stop);
            if (summary is null)
            {
                lock (gate)
                {
                    var left = pace.Left(plan.Where((p, k) => outcomes[k] is null && RunSummary.Find(p.Folder) is null)
                        .Select(p => p.Run.Row)) / jobs;
                    progress?.Keep(string.Create(CultureInfo.InvariantCulture,
                        $"{i + 1}/{plan.Count}  {run.Name}{(left is { } seconds ? $", {RecipePace.About(seconds)} left" : "")}"));
                }

                TestRows.Forget(folder);
                ExperimentRunner.Run(
                    new RunRequest(experiment, folder.Path, threads / jobs, File.Exists(folder.LastCheckpoint), progress?.Encoding,
                        jobs == 1 ? progress?.Training : null)
                    {
                        IsAlone = jobs == 1,
                        Notice = line => progress?.Keep(line),
                    },
                    stop);
                summary = RunSummary.Find(folder)!;
                lock (gate)
                    pace.Measured(run.Row, summary.Seconds);
            }

            folder.ClearLeftovers();
            if (recipe.ComparesRows)
                TestRows.Keep(folder, experiment, threads / jobs, stop);
            lock (gate)
            {
                outcomes[i] = new RecipeOutcome(run, summary);
                // The table is not made for each of many runs that had finished before.
                if (i + 1 < plan.Count && RunSummary.Find(plan[i + 1].Folder) is null)
                    Written();
            }
        }

        RecipeTable Written()
        {
            var table = recipe.Table(request, [.. outcomes.OfType<RecipeOutcome>()]) with { LeastGain = request.LeastGain };
            Write(request, table);
            return table;
        }
    }

    private static Experiment Parse(RecipeRun run, RecipeRequest request, bool findRuns = true) =>
        Experiment.From(run.Options, request.Data, run.Seed, request.Precision, findRuns, request.Catalogues);

    // The results of the very same experiment, or null.
    private static RunSummary? Finished(RunFolder folder, Experiment experiment, int threads, CancellationToken cancellation)
    {
        if (!File.Exists(folder.Experiment) || !folder.HasTrained)
            return null;
        return RunIdentity.IsOf(folder, experiment, threads, cancellation)
            ? RunSummary.Find(folder)
            : throw new ConsortException($"{folder.Path}: holds a run of another setting or other data; name another folder with --out, or delete it");
    }

    // Times a few steps of each setting that is still to run; how many epochs early stopping leaves is a guess until one has finished.
    private static string Forecast(
        List<(RecipeRun Run, RunFolder Folder)> plan, RecipeRequest request, int threads, int jobs, RecipePace pace,
        IRecipeProgress progress, CancellationToken cancellation)
    {
        var open = plan.Where(p => RunSummary.Find(p.Folder) is null).ToList();
        foreach (var (run, _) in open.DistinctBy(p => p.Run.Row))
        {
            // A run that starts from others is timed before these have finished: its steps cost the same from any weights.
            pace.Guess(run.Row, StepProbe.SecondsOfARun(Parse(run, request, findRuns: false), threads, progress.Encoding, cancellation));
        }

        var finished = plan.Count - open.Count;
        var without = request.Baseline is { } baseline && open.Count > 0 ? $"; {baseline.Name} is done and not counted" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{plan.Count} run{(plan.Count == 1 ? "" : "s")}{(finished > 0 ? $", {finished} finished before" : "")}{(open.Count > 0 && pace.Left(open.Select(p => p.Run.Row)) / jobs is { } s ? $"; the rest takes {RecipePace.About(s)} on this machine, if early stopping leaves {StepProbe.GuessedEpochs} epochs{without}" : "")}");
    }

    private static void Write(RecipeRequest request, RecipeTable table)
    {
        Save("results.md", table.ToMarkdown());
        Save("results.csv", table.ToCsv());
        Save("results.json", table.ToJson());

        void Save(string name, string text) =>
            SafeFile.Write(Path.Combine(request.Folder, name), stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }
}
