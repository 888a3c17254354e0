using System.Diagnostics;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Sources;

namespace Consort.Data.Shards;

/// <summary>What came of counting a shard.</summary>
/// <param name="Rows">Its rows.</param>
/// <param name="Files">Its sources.</param>
/// <param name="SourceBytes">Their bytes.</param>
/// <param name="Seconds">Time spent.</param>
internal sealed record ShardCountResult(long Rows, int Files, long SourceBytes, double Seconds);

/// <summary>
/// Counts the training rows of a shard, as <see cref="DatasetEncoder"/> counts all. Crosses and lookups are made of ids, so they are
/// counted by a second round, when the encoder of all fields is there.
/// </summary>
internal static class ShardCount
{
    /// <summary>Counts, and writes the counters.</summary>
    /// <param name="request">Which rows.</param>
    /// <param name="path">The file of counters.</param>
    /// <param name="encoder">The encoder of the fields, to count crosses and lookups; null to count fields.</param>
    /// <param name="progress">Told about ten times a second.</param>
    /// <param name="cancellation">Stops the work; nothing is written.</param>
    /// <exception cref="ConsortException">A mistake in the rows or the request.</exception>
    public static ShardCountResult Write(ShardRequest request, string path, string? encoder = null,
        IProgress<EncodeProgress>? progress = null, CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        request.Validate();
        return encoder is null ? OfFields(request, path, clock, progress, cancellation)
            : OfGenerated(request, path, encoder, clock, progress, cancellation);
    }

    private static ShardCountResult OfFields(ShardRequest request, string path, Stopwatch clock, IProgress<EncodeProgress>? progress,
        CancellationToken cancellation)
    {
        var files = ShardFiles.Of(request);
        var (before, all) = RowsOf(request, files, progress, cancellation);
        var (schema, plan) = (request.Schema, request.Split.Over(files.Places));
        var splits = new SplitAssigner(plan, all, schema);
        using var pass = new RowPass(plan.Files, schema, catalogue: request.Sources, cancellation: cancellation)
        { Identifies = true, RowsBefore = before, Takes = files.Takes };
        CountRows[] counts = [.. Enumerable.Range(0, request.ThreadsOrAll).Select(_ => new CountRows(schema, splits))];
        try
        {
            pass.Run(counts, Report(progress, "fit", plan.Files));
            foreach (var other in counts.Skip(1))
            {
                for (var f = 0; f < schema.Fields.Count; f++) counts[0].Counters[f]?.Merge(other.Counters[f]!);
                other.Dispose();
            }
            var sources = pass.Identities();
            return Write(request, path, null, sources, files.Shares(sources), counts.Sum(c => c.TrainWeight), clock, state =>
            {
                foreach (var counter in counts[0].Counters) counter?.Keep(state);
            });
        }
        finally
        {
            foreach (var count in counts) count.Dispose();
        }
    }

    private static ShardCountResult OfGenerated(ShardRequest request, string path, string encoder, Stopwatch clock,
        IProgress<EncodeProgress>? progress, CancellationToken cancellation)
    {
        var known = CountedSources.Read(encoder);
        var part = known.Part(request, encoder);
        var by = Encoder.Load(encoder);
        if (request.Schema.Generated.Count == 0)
            throw new ConsortException($"{encoder}: found a schema without crosses and lookups, which has nothing to count by an encoder");
        if (by.Schema.Generated.Count > 0)
            throw new ConsortException($"{encoder}: found an encoder that has its crosses and lookups, expected that of fields alone");
        var (schema, plan) = (request.Schema, request.Split.Over([.. part.Stored.Shares.Select(s => s.Place)]));
        var splits = new SplitAssigner(plan, part.TotalRows, schema);
        using var pass = new RowPass(plan.Files, schema, catalogue: request.Sources, cancellation: cancellation)
        { Identifies = true, RowsBefore = part.RowsBefore, Takes = part.Takes };
        CountGenerated[] counts = [.. Enumerable.Range(0, request.ThreadsOrAll).Select(_ => new CountGenerated(by, schema, splits, null))];
        try
        {
            pass.Run(counts, Report(progress, "fit generated", plan.Files));
            var sources = pass.Identities();
            if (sources.Zip(part.Sources).FirstOrDefault(p => p.First.Hash != p.Second.Hash).First is { } changed)
                throw new ConsortException($"{SourcePlace.Show(changed.Path)}: its content changed since its fields were counted, expected the same; count all shards again");
            foreach (var other in counts.Skip(1))
            {
                foreach (var (counter, one) in counts[0].Counters.Zip(other.Counters)) counter.Merge(one);
            }
            return Write(request, path, known.Encoder, sources, part.Stored.Shares, 1, clock, state =>
            {
                foreach (var counter in counts[0].Counters) counter.Keep(state);
            });
        }
        finally
        {
            foreach (var count in counts) count.Dispose();
        }
    }

    private static ShardCountResult Write(ShardRequest request, string path, string? encoder, SourceIdentity[] sources,
        IReadOnlyList<SourceShare> shares, double trainWeight, Stopwatch clock, Action<CounterState> keep)
    {
        CounterFile.Write(path, new CounterHead
        {
            EncoderVersion = Encoder.Version,
            Schema = request.Schema.ToJson(),
            Split = request.Split.Describe(),
            Files = request.Split.Files.Count,
            FileNames = request.FileNames,
            Shard = request.Shard.Index,
            Of = request.Shard.Count,
            Encoder = encoder,
            TrainWeight = trainWeight,
            HasTruth = sources.All(s => File.Exists(TruthFiles.PathOf(s.Path))),
            // Who merges may be elsewhere, and only needs them to find true probabilities.
            Sources = [.. sources.Select(s => s with { Path = SourcePlace.IsFile(s.Path) ? Path.GetFullPath(s.Path) : s.Path })],
            Shares = shares,
        }, keep);
        return new ShardCountResult(shares.Sum(s => s.Rows), sources.Length, sources.Sum(s => s.Size), clock.Elapsed.TotalSeconds);
    }

    // The rows before the shard's, and of a split in order all of them: they are counted and not looked into.
    private static (long Before, long All) RowsOf(ShardRequest request, ShardFiles files, IProgress<EncodeProgress>? progress,
        CancellationToken cancellation)
    {
        var isInOrder = request.Split.Kind == SplitKind.InOrder;
        var first = request.NeedsRowNumbers && files.Places.Count > 0 ? files.Places[0] : 0;
        string[] read = [.. request.Split.Files.Take(isInOrder ? request.Split.Files.Count : first)];
        if (read.Length == 0) return (0, 0);
        using var pass = new RowPass(read, request.Schema, catalogue: request.Sources, cancellation: cancellation);
        using var rows = new RowCursor(request.Schema.Fields.Count);
        var report = Report(progress, "count rows", read);
        while (pass.Read(rows))
        {
            cancellation.ThrowIfCancellationRequested();
            if (rows.Block.Index % 64 == 0) report(pass.Position);
        }
        return (pass.RowsOfSources().Take(first).Sum(), pass.Rows);
    }

    private static Action<long> Report(IProgress<EncodeProgress>? progress, string phase, IReadOnlyList<string> files)
    {
        var total = files.Where(SourcePlace.IsFile).Sum(SourceStream.SizeOf);
        return bytes => progress?.Report(new EncodeProgress(phase, bytes, total));
    }
}
