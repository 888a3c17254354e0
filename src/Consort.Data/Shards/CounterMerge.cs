using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Options;

namespace Consort.Data.Shards;

/// <summary>What came of merging counters.</summary>
/// <param name="Rows">The rows of all shards.</param>
/// <param name="Shards">How many there are.</param>
/// <param name="Space">The encoder's columns.</param>
/// <param name="Checksum">XxHash128 of the encoder's file.</param>
/// <param name="IsWhole">Whether it has all columns; otherwise crosses and lookups are still to be counted by it.</param>
internal sealed record CounterMergeResult(long Rows, int Shards, FeatureSpace Space, string Checksum, bool IsWhole);

/// <summary>Makes of the counters of all shards the encoder that one process makes of all rows, to the last byte.</summary>
internal static class CounterMerge
{
    /// <summary>Merges, and writes the encoder and what it was made of.</summary>
    /// <param name="files">The counters of all shards, in any order.</param>
    /// <param name="path">The encoder's file.</param>
    /// <param name="encoder">The encoder of the fields, where the counters are of crosses and lookups; else null.</param>
    /// <param name="progress">Told after each file.</param>
    /// <param name="cancellation">Stops the work; nothing is written.</param>
    /// <exception cref="ConsortException">A shard is missing, there twice, damaged, or of other rows.</exception>
    public static CounterMergeResult Write(IReadOnlyList<string> files, string path, string? encoder = null,
        IProgress<EncodeProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (files.Count == 0) throw new ConsortException("merge: found no counters, expected those of all shards");
        var counted = encoder is null ? null : CountedSources.Read(encoder);
        (string Path, CounterHead Head)[] shards = [.. files.Select(f => (f, CounterFile.Head(f)))];
        Check(shards, counted, encoder);
        shards = [.. shards.OrderBy(s => s.Head.Shard)];
        var head = shards[0].Head;
        var sources = SourcesOf(shards);
        var plan = SplitPlan.Parse(head.Split, [.. sources.Select(s => s.Path)]);
        var schema = Schema.LoadFitted(OptionMap.Of(StoredOptions.Read(head.Schema, shards[0].Path)));
        var fitted = schema with { NegativeShare = plan.Sample?.Share ?? 1 };
        var splits = new SplitAssigner(plan, sources.Sum(s => s.Rows), schema);
        var truth = counted is null ? TruthOf(shards, sources) : counted.Truth;
        var made = counted is null ? OfFields() : GeneratedFit.Add(Encoder.Load(encoder!), fitted, splits, null, threads: 1,
            counts => AddAll(state =>
            {
                foreach (var counter in counts[0].Counters) counter.Keep(state);
            }));
        var checksum = made.Checksum();
        new CountedSources
        {
            Encoder = checksum,
            Schema = schema.Identity,
            Split = head.Split,
            Truth = truth,
            FileNames = head.FileNames,
            Sources = sources,
            Shards = [.. shards.Select(s => s.Head.Shares)],
        }.Write(path);
        made.Save(path);
        return new CounterMergeResult(sources.Sum(s => s.Rows), shards.Length, made.Space, checksum,
            made.Schema.Generated.Count == schema.Generated.Count);

        Encoder OfFields()
        {
            using var counts = new CountRows(schema, splits);
            AddAll(state =>
            {
                foreach (var counter in counts.Counters) counter?.Keep(state);
            });
            if (schema.HasWeights && shards.Sum(s => s.Head.TrainWeight) == 0)
                throw new ConsortException($"{sources[0].Path}: found weight 0 in all training rows, expected some that count");
            return EncoderFit.Of(fitted, [counts], cancellation: cancellation);
        }

        void AddAll(Action<CounterState> keep)
        {
            long done = 0, total = files.Sum(f => new FileInfo(f).Length);
            foreach (var (file, _) in shards)
            {
                cancellation.ThrowIfCancellationRequested();
                CounterFile.AddTo(file, keep);
                progress?.Report(new EncodeProgress("merge", done += new FileInfo(file).Length, total));
            }
        }
    }

    private static void Check((string Path, CounterHead Head)[] shards, CountedSources? counted, string? encoder)
    {
        var (first, head) = shards[0];
        foreach (var (path, other) in shards)
        {
            var difference = other.Schema != head.Schema ? "schema"
                : other.Of != head.Of ? $"number of shards ({other.Of} and {head.Of})"
                : other.Files != head.Files || other.FileNames != head.FileNames
                    ? $"list of sources ({other.Files} and {head.Files} of them)"
                : other.Split != head.Split ? $"split (\"{other.Split}\" and \"{head.Split}\")"
                : other.Encoder != head.Encoder ? "encoder" : null;
            if (difference is not null)
                throw new ConsortException($"{path}: found counters of another {difference} than {first}, expected all of one");
        }
        if (head.Encoder != counted?.Encoder)
            throw new ConsortException(head.Encoder is null ? $"{first}: found counters of fields, expected those of crosses and lookups beside --encoder {encoder}"
                : counted is null ? $"{first}: found counters of crosses and lookups, expected the encoder that counted them by --encoder"
                : $"{first}: found counters that another encoder counted, expected {encoder}");
        foreach (var twice in shards.GroupBy(s => s.Head.Shard).Where(g => g.Count() > 1))
            throw new ConsortException($"{twice.First().Path} and {twice.Last().Path}: both are shard {twice.Key}/{head.Of}, expected each shard once");
        int[] missing = [.. Enumerable.Range(0, head.Of).Except(shards.Select(s => s.Head.Shard))];
        if (missing.Length > 0)
            throw new ConsortException($"merge: found {shards.Length} of {head.Of} shards, expected {string.Join(", ", missing.Take(10).Select(m => $"{m}/{head.Of}"))}{(missing.Length > 10 ? " and more" : "")}, too");
    }

    // Each source with all its rows: those of the shards must be one behind another.
    private static SourceIdentity[] SourcesOf((string Path, CounterHead Head)[] shards)
    {
        var sources = new SourceIdentity[shards[0].Head.Files];
        var rows = new long[sources.Length];
        foreach (var (path, head) in shards)
        {
            foreach (var (source, share) in head.Sources.Zip(head.Shares))
            {
                if ((uint)share.Place >= (uint)sources.Length)
                    throw new ConsortException($"{path}: found damaged counters, expected whole ones; count the shard again");
                ref var known = ref sources[share.Place];
                known ??= source;
                if (source.Hash != known.Hash || source.Rows != known.Rows)
                    throw new ConsortException($"{path}: found {source.Path} with other content than another shard did, expected the same; count all shards again");
                if (share.Rows > 0 && share.From != rows[share.Place])
                    throw new ConsortException($"{path}: found rows of {source.Path} from {share.From + 1} on, expected them from {rows[share.Place] + 1} on; count all shards again");
                rows[share.Place] += share.Rows;
            }
        }
        for (var i = 0; i < sources.Length; i++)
        {
            if (sources[i] is null || rows[i] != sources[i].Rows)
                throw new ConsortException($"merge: found {rows[i]} rows of source {i + 1} ({sources[i]?.Path}), expected {sources[i]?.Rows}; count all shards again");
        }
        return sources;
    }

    private static string TruthOf((string Path, CounterHead Head)[] shards, SourceIdentity[] sources)
    {
        if (!shards.All(s => s.Head.HasTruth)) return "";
        try
        {
            return TruthFiles.HashOf([.. sources.Select(s => s.Path)]);
        }
        catch (ConsortException e)
        {
            throw new ConsortException($"{e.Message}; its hash is part of the dataset's key: merge where the true probabilities are", e);
        }
    }
}
