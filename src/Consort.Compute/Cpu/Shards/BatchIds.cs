using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Shards;

/// <summary>
/// Numbers the ids of a batch anew, each vocabulary's in the order of their first appearance, so that tables of a batch's rows alone can be
/// read by them; and says which ids those are, rank after rank.
/// </summary>
internal sealed class BatchIds : IDisposable
{
    private readonly ShardMap _map;
    private readonly Graph _batch;
    private readonly IdPlaces _known;
    private readonly NativeBuffer<int> _ids;
    private readonly NativeBuffer<int> _lists;
    private readonly NativeBuffer<int> _found; // distinct ids, in the order they were found
    private readonly NativeBuffer<int> _places; // of each among those of its vocabulary
    private readonly int[] _next; // of each vocabulary, how many were found
    private readonly int[] _at; // of each rank
    private int _idCount;
    private int _listCount;

    /// <summary>Lays out room.</summary>
    /// <param name="map">Whose the ids are.</param>
    /// <param name="batch">The graph over a batch's ids.</param>
    /// <param name="capacity">The most rows of a batch.</param>
    public BatchIds(ShardMap map, Graph batch, int capacity)
    {
        (_map, _batch, _known) = (map, batch, new IdPlaces(batch.Features));
        _ids = new NativeBuffer<int>((long)capacity * batch.Columns.Count);
        _lists = new NativeBuffer<int>((long)capacity * batch.ListRoom);
        (_found, _places) = (new NativeBuffer<int>(batch.Features), new NativeBuffer<int>(batch.Features));
        (Sorted, Places) = (new NativeBuffer<int>(batch.Features), new NativeBuffer<int>(batch.Features));
        (_next, _at, Counts) = (new int[map.Vocabularies], new int[map.Ranks], new int[map.Ranks]);
    }

    /// <summary>The ids of the batch in their new numbers, [B, F].</summary>
    public ReadOnlySpan<int> Ids => _ids.Slice(0, _idCount);

    /// <summary>Its lists likewise.</summary>
    public ReadOnlySpan<int> Lists => _lists.Slice(0, _listCount);

    /// <summary>How many distinct ids of each rank the batch has.</summary>
    public int[] Counts { get; }

    /// <summary>These ids, rank after rank, each once.</summary>
    public NativeBuffer<int> Sorted { get; }

    /// <summary>The place of each among those of its vocabulary that the batch has.</summary>
    public NativeBuffer<int> Places { get; }

    /// <summary>Bytes held.</summary>
    public long Bytes => _known.Bytes
        + (sizeof(int) * (_ids.Length + _lists.Length + _found.Length + _places.Length + Sorted.Length + Places.Length));

    /// <summary>Takes a batch.</summary>
    public void Take(ReadOnlySpan<int> ids, ReadOnlySpan<int> lists, int rows)
    {
        _known.Clear();
        Array.Clear(_next);
        (_idCount, _listCount) = (rows * _batch.Columns.Count, lists.Length);
        lists.CopyTo(_lists.Slice(0, lists.Length));
        var found = 0;
        for (var column = 0; column < _batch.Columns.Count; column++)
            found = Number(column, ids, lists, rows, found);
        Sort(found);
    }

    public void Dispose()
    {
        _known.Dispose();
        _ids.Dispose();
        _lists.Dispose();
        _found.Dispose();
        _places.Dispose();
        Sorted.Dispose();
        Places.Dispose();
    }

    private int Number(int column, ReadOnlySpan<int> ids, ReadOnlySpan<int> lists, int rows, int found)
    {
        var (stride, vocabulary) = (_batch.Columns.Count, _map.OfColumn(column));
        var (first, isList) = (_batch.Columns[column].Offset, _batch.Columns[column].List is not null);
        var target = _ids.Span;
        var targetLists = _lists.Span;
        for (var at = column; at < rows * stride; at += stride)
        {
            if (!isList)
            {
                target[at] = Number(ids[at], vocabulary, first, ref found);
                continue;
            }

            var start = target[at] = ids[at];
            for (var i = start + 1; i <= start + lists[start]; i++)
                targetLists[i] = Number(lists[i], vocabulary, first, ref found);
        }

        return found;
    }

    private int Number(int id, int vocabulary, int first, ref int found)
    {
        ref var place = ref _known[id]; // from 1
        if (place == 0)
        {
            (_found[found], _places[found++]) = (id, _next[vocabulary]);
            place = ++_next[vocabulary];
        }

        return first + place - 1;
    }

    private void Sort(int found)
    {
        Array.Clear(Counts);
        for (var i = 0; i < found; i++)
            Counts[_map.RankOf(_found[i])]++;
        for (int rank = 0, at = 0; rank < Counts.Length; at += Counts[rank++])
            _at[rank] = at;
        for (var i = 0; i < found; i++)
        {
            var at = _at[_map.RankOf(_found[i])]++;
            (Sorted[at], Places[at]) = (_found[i], _places[i]);
        }
    }
}
