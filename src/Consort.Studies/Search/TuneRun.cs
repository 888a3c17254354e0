using System.Diagnostics;
using Consort.Experiments.Files;
using Consort.Learning.Runs;

namespace Consort.Studies.Search;

/// <summary>
/// Searches an experiment's options within a time: trials drawn by <see cref="ParzenSampler"/>, of which <see cref="Halving"/> lets the
/// best go on; then the best few and the start are trained with seeds of their own, and compared on rows that nothing was chosen by.
/// </summary>
public static class TuneRun
{
    private const int MostEpochs = 27;

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
        var folder = new SearchFolder(request.Folder);
        folder.Check();
        var space = SearchSpace.Of(experiment, request.Search);
        CheckEnds(space, experiment);
        var isNew = !Directory.Exists(request.Folder);
        try
        {
            return Search(request, folder, space, cancellation);
        }
        finally
        {
            if (isNew)
                new RunFolder(request.Folder).RemoveEmpty(); // where it was refused before anything was written
        }
    }

    private static TuneResult Search(TuneRequest request, SearchFolder folder, SearchSpace space, CancellationToken cancellation)
    {
        using var claim = folder.Claim();
        var experiment = request.Experiment;
        using var dataset = experiment.Data!.Open(request.Threads, request.Encoding, cancellation).Dataset;
        var epochs = request.Epochs ?? Math.Min(experiment.Phases[0].Epochs, MostEpochs);
        var rungs = experiment.Options.Find("phases") is null ? Halving.Rungs(epochs) : [epochs];
        var clock = Stopwatch.StartNew();
        var state = SearchState.Open(folder.State, SearchFolder.Identity(space, rungs, request.Seed, dataset.TrainingKey));
        var log = new SearchLog(folder.State, state, clock);
        var runs = new SearchRuns(request, space, request.Threads / request.Jobs);
        new SearchLoop(request, space, rungs, "epoch", log, runs.Train).Run(cancellation);
        runs.Clear();
        var finals = new Finals(request, space, experiment.Training.Seed + 1, log,
            (setting, seed, stop) => runs.Finish(setting.Name.Replace(' ', '-'), setting.Options, seed, epochs, dataset.Valid!, stop))
            .Run(cancellation);
        log.Save();
        var best = finals.Best;
        SearchFolder.Write(folder.Best,
            $"# Written by `consort tune` after {log.Trials.Count} trials: {best.Name}.\n{runs.Ready(finals.BestOptions).ToYaml()}");
        var result = TuneResult.Of(finals, space, log, folder);
        folder.Write(TuneDocument.Of(experiment.Name, "epoch", space, rungs, log.Trials, result));
        return result;
    }

    // A range that an option cannot have is said before anything is trained.
    private static void CheckEnds(SearchSpace space, Experiment experiment)
    {
        foreach (var end in new[] { 0.0, 1.0 })
            Experiment.From(space.At(space.Values([.. space.Dimensions.Select(_ => end)])),
                Directory.GetCurrentDirectory(), catalogues: experiment.Catalogues);
    }
}
