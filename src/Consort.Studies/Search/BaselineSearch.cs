using System.Diagnostics;
using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Learning.Runs;
using Consort.Studies.Baselines;

namespace Consort.Studies.Search;

/// <summary>A baseline whose options are to be searched.</summary>
/// <param name="Baseline">What the search starts from.</param>
/// <param name="Experiment">Names the rows.</param>
/// <param name="Folder">Where the search is kept.</param>
/// <param name="Threads">At least 1.</param>
internal sealed record BaselineSearchRequest(ISearchedBaseline Baseline, Experiment Experiment, string Folder, int Threads) : ISearchLimits
{
    /// <summary>Options that stay as they are.</summary>
    public IReadOnlyCollection<string> Fixed { get; init; } = [];

    /// <inheritdoc/>
    public double? Minutes { get; init; }

    /// <inheritdoc/>
    public int? Trials { get; init; }

    /// <inheritdoc/>
    public int Jobs => 1;

    /// <inheritdoc/>
    public int Finalists { get; init; } = 3;

    /// <inheritdoc/>
    public int Seeds { get; init; } = 3;

    /// <inheritdoc/>
    public ulong Seed { get; init; } = 1;

    /// <summary>Told about encoding, or null.</summary>
    public IProgress<EncodeProgress>? Encoding { get; init; }

    /// <inheritdoc/>
    public Action<string>? Progress { get; init; }

    /// <inheritdoc/>
    public Action<string>? Notice { get; init; }
}

/// <summary>
/// Searches the options of a baseline as <see cref="TuneRun"/> does those of an experiment: one half of the validation rows chooses, the
/// other says how much was gained, and the best few are made anew with other seeds. A baseline that learns in steps chooses their number
/// itself, so that each trial runs to its end.
/// </summary>
internal static class BaselineSearch
{
    /// <summary>Searches, or goes on where a search was stopped; what has been tried is not repeated, the final runs are.</summary>
    /// <returns>The baseline with the best options, and what the search came to.</returns>
    /// <exception cref="ConsortException">The baseline is not to be had, or a mistake in the data or the folder.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it; the same call goes on.</exception>
    public static (ISearchedBaseline Best, TuneResult Result) Run(BaselineSearchRequest request, CancellationToken cancellation)
    {
        var folder = new SearchFolder(Path.GetFullPath(request.Folder));
        folder.Check();
        var space = SearchSpace.Of(request.Baseline.Options, request.Baseline.Values, request.Fixed.Contains);
        var isNew = !Directory.Exists(folder.Path);
        try
        {
            return Search(request, folder, space, cancellation);
        }
        finally
        {
            if (isNew)
                new RunFolder(folder.Path).RemoveEmpty(); // where it was refused before anything was written
        }
    }

    private static (ISearchedBaseline Best, TuneResult Result) Search(
        BaselineSearchRequest request, SearchFolder folder, SearchSpace space, CancellationToken cancellation)
    {
        using var claim = folder.Claim();
        using var data = request.Experiment.Data!.Open(request.Threads, request.Encoding, cancellation).Dataset;
        var baseline = request.Baseline;
        int[] rungs = [baseline.Steps];
        var identity = SearchFolder.Identity(space, rungs, request.Seed, $"{baseline.Name} {data.TrainingKey}");
        var log = new SearchLog(folder.State, SearchState.Open(folder.State, identity), Stopwatch.StartNew());
        var runs = new BaselineRuns(request, data);
        new SearchLoop(request, space, rungs, baseline.Step, log, (trial, steps, stop) =>
            runs.Try(space.At(SearchRuns.ValuesOf(trial)), steps, stop)).Run(cancellation);
        var finals = new Finals(request, space, request.Seed + 1, log, (setting, seed, stop) => runs.Finish(setting.Options, seed, stop))
            .Run(cancellation);
        log.Save();
        SearchFolder.Write(folder.Best,
            $"# Written by `consort baseline --tune` after {log.Trials.Count} trials: {finals.Best.Name}.\n{finals.BestOptions.ToYaml()}");
        var result = TuneResult.Of(finals, space, log, folder);
        folder.Write(TuneDocument.Of($"{baseline.Name} on {request.Experiment.Name}", baseline.Step, space, rungs, log.Trials, result));
        return (baseline.With(finals.BestOptions), result);
    }
}
