using System.Globalization;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Sources;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Foundation.Files;
using Consort.Foundation.Ranks;
using Consort.Learning.Ranks;
using Consort.Learning.Runs;

namespace Consort.Experiments.Updating;

/// <summary>
/// Lets a finished run go on with new rows, in a folder of its own. The run scores the rows first; then its vocabulary grows, rows of
/// tables and moments go where their ids have gone, and one phase trains on the rows as any phase does. Of several ranks all score and
/// train; rank 0 alone sees the folders, and lets the vocabulary grow.
/// </summary>
public static class RunUpdater
{
    /// <summary>Updates.</summary>
    /// <exception cref="ConsortException">The run has not finished, a mistake in the rows, or the folder holds another run.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it; <see cref="UpdateRequest.Resume"/> goes on.</exception>
    public static UpdateResult Update(UpdateRequest request, CancellationToken cancellation)
    {
        var ranks = request.Ranks;
        if (ranks is not null)
            RankAgreement.Check(ranks, UpdateAgreement.Of(request));
        var (run, folder) = (new RunFolder(request.Run), new RunFolder(request.Folder));
        var isNew = !ranks.Follows() && !Directory.Exists(folder.Path);
        try
        {
            var found = ranks.AsRank0(() => Find(request, run, folder));
            var before = Experiment.Parse(found.Experiment, run.Experiment, folder: null, catalogues: request.Catalogues);
            var split = UpdateExperiment.Split(request, found.Sample, before);
            // Before its first checkpoint an update begins anew: what was grown then may be of rows that have changed.
            var record = found.HasBegun ? ranks.AsRank0(() => Resumed(request, folder))
                : Grow(request, run, folder, before, split, cancellation);
            var experiment = UpdateExperiment.Of(request, before, split, ranks.EncoderOfRank0(folder.Encoder));
            var result = ExperimentRunner.Run(
                new RunRequest(experiment, folder.Path, request.Threads, found.HasBegun,
                    request.Encoding, request.Training)
                {
                    Start = new StartingWeights(folder.Start, record.Identity),
                    Notice = request.Notice,
                    IsAlone = request.IsAlone,
                    IgnoreMemory = request.IgnoreMemory,
                    Ranks = ranks,
                    ShardTables = request.ShardTables,
                    OverlapsExchange = request.OverlapsExchange,
                    Wire = request.Wire,
                },
                cancellation);
            if (!ranks.Follows() && File.Exists(folder.LastCheckpoint))
                File.Delete(folder.Start);
            return new UpdateResult(result, record);
        }
        catch (ConsortException e) when (isNew && !File.Exists(folder.LastCheckpoint) && File.Exists(folder.Update))
        {
            // Grown, but refused before a step was made: nothing is left of it.
            Directory.Delete(folder.Path, recursive: true);
            var rows = string.Join(", ", request.Data.Select(SourcePlace.Show));
            throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
                $"{(e.Message.StartsWith(SourcePlace.Show(request.Data[0]), StringComparison.Ordinal) ? "" : rows + ": ")}{e.Message} (--hold-out {request.Options.HoldOut} of the rows are for validation)"))
            { IsOfAllRanks = e.IsOfAllRanks };
        }
        finally
        {
            if (isNew)
                folder.RemoveEmpty();
        }
    }

    // What rank 0 finds in the folders and tells the others.
    private sealed record Found(string Experiment, NegativeSample? Sample, bool HasBegun);

    private static Found Find(UpdateRequest request, RunFolder run, RunFolder folder)
    {
        ExperimentRunner.CheckNoChain(request.Folder);
        if (!File.Exists(run.Experiment))
            throw new ConsortException($"{run.Path}: found no run there, expected a folder that `consort train --out` has written");
        if (Path.GetFullPath(run.Path) == Path.GetFullPath(folder.Path))
            throw new ConsortException($"{run.Path}: is the run that goes on, which stays as it is; name another folder with --out");
        if (!File.Exists(run.Metrics))
            throw new ConsortException($"{run.Path}: found a run that has not finished, expected a finished one; finish it with --resume");
        foreach (var place in request.Data.Where(SourcePlace.IsFile))
            switch (FileFacts.Of(place).Kind)
            {
                case FileKind.None:
                    throw new ConsortException($"{place}: file not found{(place.Contains('[', StringComparison.Ordinal) ? "; of the characters of a pattern only * and ? are known, not [ ]" : "")}");
                case not FileKind.File:
                    throw new ConsortException($"{SourcePlace.Show(place)}: found no file, expected one: the rows of an update are read several times");
            }

        if (folder.HasTrained && !request.Resume)
            throw new ConsortException(
                $"{folder.Path}: holds a run already; go on with --resume, name another folder with --out, or delete it");
        return new Found(Experiment.OfRun(run.Experiment, request.Catalogues).Text,
            RunData.Read(run) is { } data ? data.Plan([.. data.Files.Select(f => f.Path)]).Sample : null,
            request.Resume && (File.Exists(folder.LastCheckpoint) || File.Exists(folder.Metrics)));
    }

    private static UpdateRecord Resumed(UpdateRequest request, RunFolder folder)
    {
        var record = UpdateRecord.Read(folder.Path)
            ?? throw new ConsortException($"{folder.Path}: holds a run that is no update; name another folder with --out");
        return record.Differences(request.Options) is not { } others ? record : throw new ConsortException(
            $"{folder.Update}: was begun with other options ({others}); name another folder with --out");
    }

    private static UpdateRecord Grow(UpdateRequest request, RunFolder run, RunFolder folder, Experiment before, SplitPlan split,
        CancellationToken cancellation)
    {
        if (before.Phases[^1].Strategy.LearnsFromTeachers)
            request.Notice?.Invoke($"{run.Path}: learned from teachers, which do not know new tokens: it goes on by labels alone");
        if (request.Options.Epochs > 0)
            PretrainedFiles.Check(before);
        var (score, encoder) = Score(request, run, before, cancellation);
        if (request is { OneClass: false, Options.Epochs: > 0 } && score.Rows > 1 && (score.Clicks == 0 || score.Clicks == score.Rows))
            throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
                $"{string.Join(", ", request.Data.Select(SourcePlace.Show))}: found {score.Rows:N0} rows, {(score.Clicks == 0 ? "none of them a click" : "all of them clicks")}, expected both kinds: such a day mostly is a mistake in the log; --one-class, in a phase `one_class: true`, trains on it all the same"))
            { IsOfAllRanks = request.Ranks is not null };
        return request.Ranks.AsRank0(() => UpdateGrowth.Grow(request, run, folder, before, encoder, split, score, cancellation));
    }

    // What the run says of the rows, none of which it has seen; and its encoder.
    private static (DayScore Score, Encoder Encoder) Score(UpdateRequest request, RunFolder run, Experiment before,
        CancellationToken cancellation)
    {
        if (request.Ranks is not { } ranks)
        {
            using var parent = new FinishedRun(run.Path, request.Threads, catalogues: request.Catalogues);
            return (DayScore.Of(parent.Measure(request.Data, null, cancellation)), parent.Encoder);
        }

        var encoder = request.Ranks.EncoderOfRank0(run.Encoder);
        var weights = request.Ranks.AsRank0(() => RunWeights.Final.Find(run, before));
        var sharing = new RankOptions(request.ShardTables, request.OverlapsExchange, request.Wire);
        return (DayScore.Of(MeasuredRows.OfRanks(
            ranks, sharing, before, encoder, weights, request.Data, request.Threads, cancellation)), encoder);
    }
}
