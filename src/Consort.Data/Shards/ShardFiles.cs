using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Shards;

/// <summary>
/// The sources of a shard. Those of each split are dealt in their order, so that parts one behind another have the rows in the order of
/// one process. Where there are fewer to train on than shards, texts are cut where blocks begin, by their bytes: each shard that has blocks
/// of a text reads all of it, and looks into its own.
/// </summary>
internal sealed class ShardFiles
{
    private readonly long[] _firstRows; // of each source: its first row that was taken, −1 before
    private readonly long[] _endRows; // and the first behind it that was not, −1 before

    private ShardFiles(IReadOnlyList<int> places, Func<int, long, int>? shardOf, int shard)
    {
        Places = places;
        (_firstRows, _endRows) = (new long[places.Count], new long[places.Count]);
        _firstRows.AsSpan().Fill(-1);
        _endRows.AsSpan().Fill(-1);
        if (shardOf is null) return;
        Takes = (source, row, position) =>
        {
            var isOwn = shardOf(places[source], position) == shard;
            if (isOwn && _firstRows[source] < 0) _firstRows[source] = row;
            if (!isOwn && _firstRows[source] >= 0 && _endRows[source] < 0) _endRows[source] = row;
            return isOwn;
        };
    }

    /// <summary>Their places among all.</summary>
    public IReadOnlyList<int> Places { get; }

    /// <summary>Which blocks are the shard's; null for all of its sources.</summary>
    public Func<int, long, long, bool>? Takes { get; }

    /// <summary>The rows that were taken, once all were read.</summary>
    public SourceShare[] Shares(IReadOnlyList<SourceIdentity> sources) => [.. sources.Select((s, i) =>
    {
        if (Takes is null) return new SourceShare(Places[i], 0, s.Rows);
        if (_firstRows[i] < 0) return new SourceShare(Places[i], 0, 0);
        return new SourceShare(Places[i], _firstRows[i], (_endRows[i] < 0 ? s.Rows : _endRows[i]) - _firstRows[i]);
    })];

    /// <summary>Deals the sources of a request.</summary>
    /// <exception cref="ConsortException">There are fewer than shards, and they cannot be cut.</exception>
    public static ShardFiles Of(ShardRequest request)
    {
        var (plan, shard) = (request.Split, request.Shard);
        var groups = Enumerable.Range(0, plan.Files.Count).GroupBy(p => plan.Kind == SplitKind.Given ? plan.FileSplits[p] : 0)
            .Select(g => g.ToArray()).ToArray();
        if (groups[0].Length >= shard.Count)
        {
            int Cut(int files, int at) => (int)((long)files * at / shard.Count);
            return new ShardFiles([.. groups.SelectMany(g => g[Cut(g.Length, shard.Index)..Cut(g.Length, shard.Index + 1)])], null, 0);
        }
        if (plan.Files.FirstOrDefault(f => !IsText(f, request)) is { } whole)
            throw new ConsortException($"{SourcePlace.Show(whole)}: found {groups[0].Length} sources to train on for {shard.Count} shards, and this one is no text that could be cut; expected at least {shard.Count}: write the rows into more files, or take --shard {Math.Min(shard.Index, groups[0].Length - 1)}/{groups[0].Length}");
        return Cut(plan.Files, groups, shard);
    }

    private static ShardFiles Cut(IReadOnlyList<string> files, int[][] groups, Shard shard)
    {
        long[] lengths = [.. files.Select(LengthOf)], starts = new long[files.Count], totals = new long[files.Count];
        foreach (var group in groups)
        {
            var total = group.Sum(p => lengths[p]);
            long start = 0;
            foreach (var place in group)
            {
                (starts[place], totals[place]) = (start, Math.Max(1, total));
                start += lengths[place];
            }
        }
        int ShardOf(int place, long position) =>
            (int)Int128.Min(shard.Count - 1,
                (Int128)(starts[place] + Math.Min(position, Math.Max(0, lengths[place] - 1))) * shard.Count / totals[place]);
        return new ShardFiles([.. Enumerable.Range(0, files.Count).Where(p =>
            ShardOf(p, 0) <= shard.Index && ShardOf(p, lengths[p]) >= shard.Index)], ShardOf, shard.Index);
    }

    private static bool IsText(string place, ShardRequest request) =>
        SourcePlace.IsFile(place) && request.Sources.KindOf(place, request.Schema) == Words.Of(request.Schema.Format);

    private static long LengthOf(string path)
    {
        using var file = SourceStream.Open(path);
        return file.Length;
    }
}
