using System.IO.Hashing;
using System.Text;
using Consort.Compute.Cpu.Threads;
using Consort.Data.Datasets;
using Consort.Data.Growth;
using Consort.Data.Sources;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Foundation.Files;
using Consort.Learning.Checkpoints;
using Consort.Learning.Runs;
using Consort.Learning.Training;
using Encoder = Consort.Data.Encoders.Encoder;

namespace Consort.Experiments.Updating;

/// <summary>The vocabulary grows by the rows of an update, and weights and moments with it: what the update begins with.</summary>
internal static class UpdateGrowth
{
    /// <summary>Writes the grown encoder, weights, ages and the record into the new run's folder.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="run">The run that goes on.</param>
    /// <param name="folder">The new one's.</param>
    /// <param name="before">The experiment of the run that goes on.</param>
    /// <param name="encoder">Its encoder.</param>
    /// <param name="split">The rows.</param>
    /// <param name="score">What the run said of them.</param>
    /// <param name="cancellation">Stops counting.</param>
    /// <exception cref="ConsortException">A mistake in the rows, or a file of the run is missing or damaged.</exception>
    public static UpdateRecord Grow(UpdateRequest request, RunFolder run, RunFolder folder, Experiment before, Encoder encoder,
        SplitPlan split, DayScore score, CancellationToken cancellation)
    {
        var options = request.Options.Growth;
        var bytes = request.Data.Where(SourcePlace.IsFile).Sum(p => new FileInfo(p).Length);
        var grown = EncoderGrowth.Of(encoder, TokenAges.Read(run, encoder.Space.Features), split, options,
            request.Threads, request.Catalogues.Of(SourceCatalogue.BuiltIn),
            done => request.Encoding?.Report(new EncodeProgress("count new tokens", done, bytes)),
            options.WaitingMegabytes == 0 ? null : ReadWaiting(run), cancellation);
        var earlier = UpdateRecord.Read(run.Path);
        var weights = RunWeights.Final.Find(run, before);
        var record = new UpdateRecord
        {
            Number = (earlier?.Number ?? 0) + 1,
            From = Path.GetRelativePath(folder.Path, run.Path),
            Chain = [.. earlier?.Chain ?? [], RunLink.Of(run, Hash(weights))],
            Data = request.Data,
            Options = UpdateOptions.Options.Write(request.Options).ToDictionary(o => o.Key, o => o.Value),
            Vocabulary = new VocabularyChange(
                encoder.Space.Features, grown.Admitted, grown.Evicted, grown.Encoder.Space.Features),
            Before = score,
            Identity = Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(
                $"{TensorFile.DigestOfTensors(weights)} {DigestOfState(run)} {grown.Encoder.Checksum()} {request.Options.Text}"))),
        };
        using var claim = folder.Claim();
        using var workers = new Workers(request.Threads);
        var experiment = UpdateExperiment.Of(request, before, split, grown.Encoder);
        var start = new GrownWeights(experiment.Family, experiment.Training, grown.Encoder.Space, grown.Ids)
        {
            Vectors = PretrainedFiles.Source(grown.Encoder, (_, _) => { }, notice: null),
            Generation = record.Number,
        };
        if (!start.Write(folder.Start, run, encoder.Space, weights, before.Phases, experiment.Phases[0], workers))
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
        return SeenRows.HashOf(stream);
    }
}
