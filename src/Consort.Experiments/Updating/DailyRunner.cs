using System.Globalization;
using Consort.Data.Datasets;
using Consort.Data.Sources;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Foundation.Files;
using Consort.Foundation.Ranks;
using Consort.Learning.Runs;

namespace Consort.Experiments.Updating;

/// <summary>A day that a run has gone on with.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Folder">The folder of its run.</param>
/// <param name="Update">What came of it.</param>
public sealed record DayResult(string Name, string Folder, UpdateResult Update);

/// <summary>What came of an experiment and its days.</summary>
/// <param name="First">The training before the days; null where it had finished before.</param>
/// <param name="Days">Those that were gone on with in this call; of those before, their folders tell.</param>
/// <param name="Newest">The folder of the run that stands for all.</param>
public sealed record DailyResult(RunResult? First, IReadOnlyList<DayResult> Days, string Newest);

/// <summary>
/// Trains an experiment and goes on with days, as phases of its file say: one folder with a run for the training, one for each day, and a
/// word which of them stands for all. To the last bit it is <see cref="ExperimentRunner.Run(RunRequest, CancellationToken)"/> followed by
/// <see cref="RunUpdater.Update"/> a day. Of several ranks, rank 0 alone sees the folder and says what comes next.
/// </summary>
public static class DailyRunner
{
    /// <summary>Runs what has not been run. With <see cref="RunRequest.Resume"/> that is also what files of days have come since.</summary>
    /// <param name="request">Its experiment is that before the days.</param>
    /// <param name="phases">The days, of one phase at least.</param>
    /// <param name="cancellation">Stops; the same request with <see cref="RunRequest.Resume"/> goes on.</param>
    /// <exception cref="ConsortException">A mistake in data or experiment, or the folder holds another run.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public static DailyResult Run(RunRequest request, IReadOnlyList<DayPhase> phases, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfZero(phases.Count);
        var chain = new RunChain(request.Folder);
        if (request.Ranks is { } ranks)
            RankAgreement.Check(ranks, [.. RunEnvironment.WhatRanksShare(request), .. UpdateAgreement.Of(phases)]);
        if (request.Ranks.Follows())
            return Follow(request, chain, phases, cancellation);
        var orders = new DayOrders(request.Ranks);
        CheckFree(chain, request);
        DayPlaces.Check(chain, phases, chain.IsThere ? Done(chain, chain.Left) : []);
        CheckRows(request.Experiment, phases);
        using var claim = chain.Claim();
        try
        {
            if (!chain.IsThere)
                chain.Point(chain.First);
            if (chain.FallBack() is { } fallen)
                request.Notice?.Invoke($"{request.Folder}: {fallen.Lost} is not there any more, so {fallen.Now} stands for all again; a day whose rows are there is taken anew");
            var first = First(request, chain, phases.SelectMany(p => p.Days).Any(d => IsBegun(chain, d)), orders, cancellation);
            var days = Days(request, chain, phases, orders, cancellation);
            orders.End();
            return new DailyResult(first, days, chain.Newest);
        }
        finally
        {
            chain.RemoveUnlessBegun();
        }
    }

    /// <summary>Where the training before the days has its run.</summary>
    /// <param name="folder">The folder of all.</param>
    public static string FirstOf(string folder) => new RunChain(folder).First;

    private static DailyResult Follow(RunRequest request, RunChain chain, IReadOnlyList<DayPhase> phases, CancellationToken cancellation)
    {
        var (days, first, done) = (InOrder(phases), (RunResult?)null, new List<DayResult>());
        new DayOrders(request.Ranks).Follow(
            resume => first = Train(request, chain, resume, cancellation),
            (place, resume) => done.Add(Take(request, chain, days[place], chain.First, resume, cancellation)));
        return new DailyResult(first, done, chain.Path);
    }

    private static (DayPhase Phase, Day Day)[] InOrder(IReadOnlyList<DayPhase> phases) =>
        [.. phases.SelectMany(p => p.Days.Select(d => (Phase: p, Day: d)))];

    private static void CheckFree(RunChain chain, RunRequest request)
    {
        if (chain.IsRun)
            throw new ConsortException($"{chain.Path}: holds a run without days; name another folder with --out, or go on from it with `consort update`");
        if (!request.Resume && chain.IsThere && new RunFolder(chain.First).HasTrained)
            throw new ConsortException($"{chain.Path}: holds a run already; go on with --resume, name another folder with --out, or delete it");
    }

    // Before hours of training, where the files alone tell.
    private static void CheckRows(Experiment experiment, IReadOnlyList<DayPhase> phases)
    {
        var rows = experiment.Data?.Split is not { } split ? []
            : split.Files.Where((_, i) => split.Kind != SplitKind.Given || split.FileSplits[i] == 0).ToList();
        foreach (var phase in phases.Where(p => p is { Again: false, PassesOver: false }))
        {
            rows.AddRange(phase.Days.SelectMany(d => d.Data));
            if (SeenRows.Twice(rows) is { } same)
                throw same.Place == same.First && experiment.Data?.Split?.Files.Contains(same.Place) != true
                    ? Twice(phase, same.Place) : Seen(phase, same.Place, same.First);
        }
    }

    private static ConsortException Seen(DayPhase phase, string place, string by) =>
        new($"{phase.Where}: found rows that {by} has already, {SourcePlace.Show(place)}, expected new ones; `again: true` trains on them once more");

    private static ConsortException Twice(DayPhase phase, string place) =>
        new($"{phase.Where}: found the same rows twice, {SourcePlace.Show(place)}, expected them once; `again: true` trains on them once more");

    private static RunResult Train(RunRequest request, RunChain chain, bool resume, CancellationToken cancellation) =>
        ExperimentRunner.Run(request with { Folder = chain.First, Resume = resume }, cancellation);

    private static RunResult? First(RunRequest request, RunChain chain, bool hasDays, DayOrders orders, CancellationToken cancellation)
    {
        var (run, experiment) = (new RunFolder(chain.First), request.Experiment);
        if (chain.Newest == chain.First && !hasDays)
        {
            if (request.Resume && !run.HasTrained)
                request.Notice?.Invoke($"--resume: found no checkpoint in {chain.Path}, so training begins anew");
            var resume = request.Resume && run.HasTrained;
            orders.Train(resume);
            var result = Train(request, chain, resume, cancellation);
            orders.Meet();
            return result.HadFinished ? null : result;
        }

        if (!File.Exists(run.Experiment))
            throw new ConsortException($"{run.Path}: is not there, and days stand on it; put it back, or begin anew in another folder by --out");
        // Days stand on it, so it stays as it is; its rows need not be there any more.
        if (Changed(run, experiment.Data?.Split?.Files) is { } changed)
            throw new ConsortException($"{run.Path}: {changed}, and days stand on it; expected the same rows, or another folder by --out");
        return RunIdentity.IsOf(run, experiment, request.Threads, cancellation) ? null : throw new ConsortException(
            $"{run.Experiment}: is of another experiment ({string.Join("; ", DecisiveOptions.Since(experiment.Options, DecisiveOptions.Kept(run.Experiment), withEpochs: true).DefaultIfEmpty("the rows"))}), and days stand on it; expected the same, or another folder by --out");
    }

    private static List<DayResult> Days(RunRequest request, RunChain chain, IReadOnlyList<DayPhase> phases, DayOrders orders,
        CancellationToken cancellation)
    {
        var (done, days) = (Done(chain, chain.Newest), InOrder(phases));
        var asked = days.Index().ToLookup(d => done.Contains(chain.Day(d.Item.Day.Name)));
        foreach (var (_, (phase, day)) in asked[true])
            CheckSame(phase, day, new RunFolder(chain.Day(day.Name)));
        var run = chain.Newest;
        var results = new List<DayResult>();
        // What was begun goes on from the newest run, so it comes before days that have come since.
        foreach (var (place, (phase, day)) in asked[false].Where(d => DayPlaces.AreThere(d.Item.Phase, d.Item.Day))
            .OrderBy(d => IsBegun(chain, d.Item.Day) ? 0 : 1).ToArray())
        {
            if (!phase.Again && day.Data.FirstOrDefault(d => SeenRows.By(run, d) is not null) is { } seen)
            {
                var by = SeenRows.By(run, seen)!;
                if (!phase.PassesOver)
                    throw Seen(phase, seen, by);
                // That a pattern finds the very file of the training too is as it should be, and no news each night; a copy of it is news.
                if (Path.GetFullPath(by) != chain.First || request.Experiment.Data?.Split?.Files.Contains(seen) != true)
                    request.Notice?.Invoke(
                        $"passes over day {day.Name}: {Path.Combine(request.Folder, Path.GetRelativePath(chain.Path, by))} has seen its rows; `again: true` trains on them once more");
                continue;
            }

            var (folder, isBegun) = (chain.Day(day.Name), IsBegun(chain, day));
            if (isBegun && FromOf(folder) is var from && from != run)
                throw new ConsortException($"{folder}: goes on from {from}, expected {run}, the newest of {chain.Path}; delete it, and the day is begun anew");
            orders.Take(place, isBegun);
            results.Add(Take(request, chain, (phase, day), run, isBegun, cancellation));
            orders.Meet();
            chain.Point(folder);
            run = folder;
        }

        return results;
    }

    private static DayResult Take(RunRequest request, RunChain chain, (DayPhase Phase, Day Day) next, string run, bool resume,
        CancellationToken cancellation)
    {
        var ((phase, day), folder) = (next, chain.Day(next.Day.Name));
        var update = new UpdateRequest(run, day.Data, folder, request.Threads)
        {
            Options = phase.Options,
            Resume = resume,
            Catalogues = request.Experiment.Catalogues,
            Encoding = request.Encoding,
            Training = DayProgress.For(day.Name, request.Training),
            Notice = request.Notice,
            IsAlone = request.IsAlone,
            IgnoreMemory = request.IgnoreMemory,
            OneClass = phase.OneClass,
            Ranks = request.Ranks,
            ShardTables = request.ShardTables,
            OverlapsExchange = request.OverlapsExchange,
            Wire = request.Wire,
        };
        try
        {
            return new DayResult(day.Name, folder, RunUpdater.Update(update, cancellation));
        }
        catch (ConsortException e) when (!day.Data.All(SourcePlace.IsFile))
        {
            // A file is named by itself; a query stands in the experiment.
            throw new ConsortException($"{phase.Where}: {e.Message}", e) { IsOfAllRanks = e.IsOfAllRanks };
        }
    }

    private static bool IsBegun(RunChain chain, Day day) => new RunFolder(chain.Day(day.Name)).HasTrained;

    private static string? FromOf(string run) => UpdateRecord.Read(run) is { } record ? Path.GetFullPath(record.From, run) : null;

    // The folders of days that lead to the newest, whether or not they are there.
    private static HashSet<string> Done(RunChain chain, string newest) => newest == chain.First ? []
        : [newest, .. Record(newest).Chain.Skip(1).Select(l => chain.Day(l.Run))];

    private static UpdateRecord Record(string day) => UpdateRecord.Read(day)
        ?? throw new ConsortException($"{day}: found a day's run without its update.json, expected all of it; delete the folder and all days' after it, and they are taken again with --resume");

    private static void CheckSame(DayPhase phase, Day day, RunFolder run)
    {
        if (!Directory.Exists(run.Path))
            throw new ConsortException($"{phase.Where}: day {day.Name}: {run.Path} is not there, and later days stand on it; put the folder back, or delete theirs too, and all are taken again with --resume");
        if (Record(run.Path).Differences(phase.Options) is { } others)
            throw new ConsortException($"{phase.Where}: day {day.Name} was trained with other options ({others}), expected the same; later days may have a phase of their own");
        if (Changed(run, day.Data) is { } changed)
            throw new ConsortException($"{phase.Where}: {changed}, since day {day.Name} was trained on it; expected the same rows, or another folder by --out");
    }

    // Files that are gone tell nothing: a log may be kept for some days alone.
    private static string? Changed(RunFolder run, IReadOnlyList<string>? files)
    {
        if (files is null || RunData.Read(run) is not { } data)
            return null;
        if (files.Count < data.Identities.Count)
        {
            // Those that are gone may have been of a folder or a pattern: what is left is told by its path.
            var known = data.Files.Select(f => f.Path).Zip(data.Identities).ToLookup(f => f.First, f => f.Second);
            var left = files.Where(f => !SourcePlace.IsFile(f) || FileFacts.Of(f).Kind != FileKind.None).ToArray();
            if (left.All(known.Contains))
                return left.Select(f => known[f].First().Difference(f)).FirstOrDefault(d => d is not null);
        }

        if (files.Count != data.Identities.Count)
            return string.Create(CultureInfo.InvariantCulture, $"found {files.Count} places of rows, {data.Identities.Count} before");
        return files.Zip(data.Identities).Where(f => FileFacts.Of(f.First).Kind == FileKind.File)
            .Select(f => f.Second.Difference(f.First)).FirstOrDefault(d => d is not null);
    }
}
