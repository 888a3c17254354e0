using System.Diagnostics;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Consort.Experiments.Files;
using Consort.Foundation.Files;
using Consort.Learning.Runs;
using Consort.Studies.Reports.Pages;

namespace Consort.Studies.Search;

/// <summary>
/// Searches an experiment's options within a time: trials drawn by <see cref="ParzenSampler"/>, of which <see cref="Halving"/> lets the
/// best go on; then the best few and the start are trained with seeds of their own, and compared on rows that nothing was chosen by.
/// </summary>
public static class TuneRun
{
    private const int MostEpochs = 27;
    private const double LeastSearch = 0.5; // of the time: the rest is for the final runs

    /// <summary>Searches, or goes on where a search was stopped; what has finished is not repeated.</summary>
    /// <exception cref="ConsortException">A mistake in the experiment, the data, the ranges, or the folder.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it; the same call goes on.</exception>
    public static TuneResult Run(TuneRequest request, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.Jobs, request.Threads);
        var experiment = request.Experiment;
        if (experiment.Data is { Schema: null } encoded)
            experiment = experiment with { Options = experiment.Options.With("data.encoded", encoded.Encoded) };
        request = request with { Experiment = experiment, Folder = Path.GetFullPath(request.Folder) };
        if (HoldsOthers(request))
            throw new ConsortException($"--out {request.Folder}: found a folder that holds other things than a search, expected a new folder or that of a search");
        var space = SearchSpace.Of(experiment, request.Search);
        CheckEnds(space, experiment);
        var isNew = !Directory.Exists(request.Folder);
        try
        {
            return Search(request, experiment, space, cancellation);
        }
        finally
        {
            if (isNew)
                new RunFolder(request.Folder).RemoveEmpty(); // where it was refused before anything was written
        }
    }

    private static TuneResult Search(TuneRequest request, Experiment experiment, SearchSpace space, CancellationToken cancellation)
    {
        using var claim = Claim.Take(request.Folder, Path.Combine(request.Folder, "writer"), "name another folder with --out");
        using var dataset = experiment.Data!.Open(request.Threads, request.Encoding, cancellation).Dataset;
        var epochs = request.Epochs ?? Math.Min(experiment.Phases[0].Epochs, MostEpochs);
        var rungs = experiment.Options.Find("phases") is null ? Halving.Rungs(epochs) : [epochs];
        var clock = Stopwatch.StartNew();
        var log = new SearchLog(request, SearchState.Open(request.StateFile, Identity(space, rungs, request, dataset.TrainingKey)), clock);
        var runs = new SearchRuns(request, space, request.Threads / request.Jobs);
        Try(request, space, rungs, log, runs, cancellation);
        runs.Clear();
        var finals = new Finals(request, space, runs, epochs, log, dataset.Valid!).Run(cancellation);
        log.Save();
        var best = finals.Best;
        SafeFile.Write(request.BestFile, stream => stream.Write(Encoding.UTF8.GetBytes(
            $"# Written by `consort tune` after {log.Trials.Count} trials: {best.Name}.\n{runs.Ready(finals.BestOptions).ToYaml()}")));
        var importance = Importance.Of(space, log.Trials);
        var result = new TuneResult(log.Trials.Count, log.Trials.Count(t => t.Failure is not null), log.Seconds, finals.Start, best,
            finals.Settings, finals.Auc, finals.LogLoss, request.BestFile, request.Page)
        { Seeds = finals.Seeds, Importance = [.. importance.Select(i => KeyValuePair.Create(i.Path, i.Share))] };
        var document = TuneDocument.Of(request, space, rungs, log.Trials, importance, result);
        SafeFile.Write(request.Page, stream => stream.Write(Encoding.UTF8.GetBytes(HtmlWriter.Write(document))));
        SafeFile.Write(Path.ChangeExtension(request.Page, ".md"),
            stream => stream.Write(Encoding.UTF8.GetBytes(MarkdownWriter.Write(document))));
        return result;
    }

    // A folder with an experiment or a run in it is none of a search.
    private static bool HoldsOthers(TuneRequest request) => Directory.Exists(request.Folder) && !File.Exists(request.StateFile)
        && Directory.EnumerateFileSystemEntries(request.Folder).Select(e => Path.GetFileName(e)!)
            // What a start that was killed leaves.
            .Any(n => !n.StartsWith("writer.", StringComparison.Ordinal) && !n.Contains(".tmp-", StringComparison.Ordinal));

    private static void Try(
        TuneRequest request, SearchSpace space, int[] rungs, SearchLog log, SearchRuns runs, CancellationToken cancellation)
    {
        var sampler = new ParzenSampler(space.Dimensions, request.Seed);
        var (gate, busy) = (new Lock(), new HashSet<int>());
        SideBySide.Run(request.Jobs, Step, cancellation);

        bool Step(CancellationToken stop)
        {
            SearchTrial? trial;
            lock (gate)
            {
                trial = Take();
                if (trial is null)
                    return false;
                busy.Add(trial.Number);
            }

            Do(trial, stop);
            lock (gate)
                busy.Remove(trial.Number);
            return true;
        }

        // What was begun, then what goes on, then something new.
        SearchTrial? Take()
        {
            if (log.Trials.FirstOrDefault(t => !t.IsDone && !busy.Contains(t.Number)) is { } begun)
                return begun;
            if (log.Trials.Count > 0 && IsTimeUp(request, log, rungs[^1]))
                return null;
            if (Halving.Next(log.Trials, rungs.Length) is { } better)
                return log.Put(better with { Target = better.Target + 1 });
            return request.Trials <= log.Trials.Count ? null : log.Put(Draw(log.Trials.Count));
        }

        SearchTrial Draw(int number)
        {
            var start = space.ValuesOf(space.Start);
            var places = number > 0 ? sampler.Next(number, log.Trials)
                : [.. space.Dimensions.Select((d, i) => d.PlaceOf(start[i]) ?? 0.5)];
            return new SearchTrial(number, places, [.. (number > 0 ? space.Values(places) : start).Select(v => v.ToString())], Target: 1);
        }

        void Do(SearchTrial trial, CancellationToken stop)
        {
            var rung = trial.Rungs.Count;
            try
            {
                var last = trial.Last;
                var result = last is { IsOver: true } ? last with { Epochs = rungs[rung] } : runs.Train(trial, rungs[rung], stop);
                trial = trial with { Rungs = [.. trial.Rungs, result] };
                if (double.IsNaN(result.Score))
                    trial = trial with { Failure = "its score is not a number" };
            }
            catch (ConsortException e) when (trial.Number > 0)
            {
                trial = trial with { Failure = e.Message };
            }

            lock (gate)
                log.Put(trial);
            request.Progress?.Invoke(Words(trial, space, log.Trials));
        }
    }

    private static bool IsTimeUp(TuneRequest request, SearchLog log, int epochs)
    {
        if (request.Minutes is not { } minutes)
            return false;
        var full = log.Trials.Where(t => t.Rungs.Count > 0).Select(t => t.Rungs[^1])
            .Select(r => r.IsOver ? r.Seconds : r.Seconds * epochs / r.Epochs).Order().ToArray();
        var final = full.Length == 0 ? 0 : full[full.Length / 2] * (request.Finalists + 1) * request.Seeds / request.Jobs;
        return log.Seconds + Math.Min(final, (1 - LeastSearch) * 60 * minutes) >= 60 * minutes;
    }

    // A range that an option cannot have is said before anything is trained.
    private static void CheckEnds(SearchSpace space, Experiment experiment)
    {
        foreach (var end in new[] { 0.0, 1.0 })
            Experiment.From(space.At(space.Values([.. space.Dimensions.Select(_ => end)]), experiment.Catalogues),
                Directory.GetCurrentDirectory(), catalogues: experiment.Catalogues);
    }

    private static string Identity(SearchSpace space, int[] rungs, TuneRequest request, string data) =>
        Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{space.Describe()}\n{string.Join(',', rungs)}\n{request.Seed}\n{data}"))));

    private static string Words(SearchTrial trial, SearchSpace space, IReadOnlyList<SearchTrial> trials)
    {
        var values = string.Join(", ", space.Dimensions.Select((d, i) => $"{d.Name} {trial.Values[i]}"));
        if (trial.Failure is { } failure)
            return string.Create(CultureInfo.InvariantCulture, $"trial {trial.Number}: {values}: cannot be trained: {failure}");
        var last = trial.Rungs[^1];
        return string.Create(CultureInfo.InvariantCulture,
            $"trial {trial.Number}: {values}: {last.Score:F5} at {last.Epochs} epochs{(Halving.Ranked(trials).First().Number == trial.Number ? "  best" : "")}");
    }
}
