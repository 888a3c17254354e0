using System.Globalization;
using System.IO.Hashing;
using Consort.Compute.Cpu.Threads;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Growth;
using Consort.Data.Sources;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Foundation.Files;
using Consort.Learning.Checkpoints;
using Consort.Learning.Runs;
using Consort.Learning.Training;

namespace Consort.Experiments.Updating;

/// <summary>
/// Lets a finished run go on with new rows, in a folder of its own. The run scores the rows first; then its vocabulary grows, rows of
/// tables and moments go where their ids have gone, and one phase trains on the rows as any phase does.
/// </summary>
public static class RunUpdater
{
    /// <summary>Updates.</summary>
    /// <exception cref="ConsortException">The run has not finished, a mistake in the rows, or the folder holds another run.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it; <see cref="UpdateRequest.Resume"/> goes on.</exception>
    public static UpdateResult Update(UpdateRequest request, CancellationToken cancellation)
    {
        var (run, folder) = (new RunFolder(request.Run), new RunFolder(request.Folder));
        ExperimentRunner.CheckNoChain(request.Folder);
        var before = Check(request, run, folder);
        var hasBegun = request.Resume && (File.Exists(folder.LastCheckpoint) || File.Exists(folder.Metrics));
        var isNew = !Directory.Exists(folder.Path);
        try
        {
            var split = UpdateExperiment.Split(request, run, before);
            // Before its first checkpoint an update begins anew: what was grown then may be of rows that have changed.
            var record = hasBegun ? Resumed(request, folder)
                : Grow(request, run, folder, before, split, cancellation);
            var experiment = UpdateExperiment.Of(request, before, split, Encoder.Load(folder.Encoder));
            var result = ExperimentRunner.Run(
                new RunRequest(experiment, folder.Path, request.Threads, hasBegun,
                    request.Encoding, request.Training)
                {
                    Start = new StartingWeights(folder.Start, record.Identity),
                    Notice = request.Notice,
                    IsAlone = request.IsAlone,
                    IgnoreMemory = request.IgnoreMemory,
                },
                cancellation);
            if (File.Exists(folder.LastCheckpoint))
                File.Delete(folder.Start);
            return new UpdateResult(result, record);
        }
        catch (ConsortException e) when (isNew && !File.Exists(folder.LastCheckpoint) && File.Exists(folder.Update))
        {
            // Grown, but refused before a step was made: nothing is left of it.
            Directory.Delete(folder.Path, recursive: true);
            throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
                $"{string.Join(", ", request.Data.Select(SourcePlace.Show))}: {e.Message} (--hold-out {request.Options.HoldOut} of the rows are for validation)"));
        }
        finally
        {
            if (isNew)
                folder.RemoveEmpty();
        }
    }

    private static Experiment Check(UpdateRequest request, RunFolder run, RunFolder folder)
    {
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
        return Experiment.OfRun(run.Experiment, request.Catalogues);
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
        using var parent = new FinishedRun(run.Path, request.Threads, catalogues: request.Catalogues);
        if (before.Phases[^1].Strategy.LearnsFromTeachers)
            request.Notice?.Invoke($"{run.Path}: learned from teachers, which do not know new tokens: it goes on by labels alone");
        if (request.Options.Epochs > 0)
            PretrainedFiles.Check(before);
        var score = DayScore.Of(parent.Measure(request.Data, null, cancellation));
        if (request is { OneClass: false, Options.Epochs: > 0 } && score.Rows > 1 && (score.Clicks == 0 || score.Clicks == score.Rows))
            throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
                $"{string.Join(", ", request.Data.Select(SourcePlace.Show))}: found {score.Rows:N0} rows, {(score.Clicks == 0 ? "none of them a click" : "all of them clicks")}, expected both kinds: such a day mostly is a mistake in the log; --one-class, in a phase `one_class: true`, trains on it all the same"));
        var bytes = request.Data.Where(SourcePlace.IsFile).Sum(p => new FileInfo(p).Length);
        var grown = EncoderGrowth.Of(parent.Encoder, TokenAges.Read(run, parent.Encoder.Space.Features), split, request.Options.Growth,
            request.Threads, request.Catalogues.Of(SourceCatalogue.BuiltIn),
            done => request.Encoding?.Report(new EncodeProgress("count new tokens", done, bytes)),
            request.Options.Growth.WaitingMegabytes == 0 ? null : ReadWaiting(run), cancellation);
        var earlier = UpdateRecord.Read(run.Path);
        var weights = Hash(parent.Weights);
        var record = new UpdateRecord
        {
            Number = (earlier?.Number ?? 0) + 1,
            From = Path.GetRelativePath(folder.Path, run.Path),
            Chain = [.. earlier?.Chain ?? [], RunLink.Of(run, weights)],
            Data = request.Data,
            Options = UpdateOptions.Options.Write(request.Options).ToDictionary(o => o.Key, o => o.Value),
            Vocabulary = new VocabularyChange(
                parent.Encoder.Space.Features, grown.Admitted, grown.Evicted, grown.Encoder.Space.Features),
            Before = score,
            Identity = Convert.ToHexStringLower(XxHash128.Hash(System.Text.Encoding.UTF8.GetBytes(
                $"{TensorFile.DigestOfTensors(parent.Weights)} {DigestOfState(run)} {grown.Encoder.Checksum()} {request.Options.Text}"))),
        };
        using var claim = folder.Claim();
        using var workers = new Workers(request.Threads);
        var experiment = UpdateExperiment.Of(request, before, split, grown.Encoder);
        var start = new GrownWeights(experiment.Family, experiment.Training, grown.Encoder.Space, grown.Ids)
        {
            Vectors = PretrainedFiles.Source(grown.Encoder, (_, _) => { }, notice: null),
            Generation = record.Number,
        };
        if (!start.Write(folder.Start, run, parent.Encoder.Space, parent.Weights, before.Phases, experiment.Phases[0], workers))
            request.Notice?.Invoke($"{run.Path}: found no checkpoint to go on from, so the optimizer begins afresh");
        grown.Encoder.Save(folder.Encoder);
        TokenAges.Write(folder, grown.Ages);
        if (grown.Waiting is { } waiting)
            SafeFile.Write(folder.Waiting, waiting.Write);
        record.Write(folder);
        return record;
    }

    private static WaitingTokens? ReadWaiting(RunFolder run) => !File.Exists(run.Waiting) ? null
        : WaitingTokens.Read(File.ReadAllBytes(run.Waiting))
            ?? throw new ConsortException($"{run.Waiting}: the file is damaged, expected counters of waiting tokens and their checksum");

    private static string DigestOfState(RunFolder run) =>
        File.Exists(run.LastCheckpoint) ? TensorFile.DigestOfTensors(run.LastCheckpoint) : "none";

    private static string Hash(string file)
    {
        using var stream = File.OpenRead(file);
        var hash = new XxHash128();
        hash.Append(stream);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
