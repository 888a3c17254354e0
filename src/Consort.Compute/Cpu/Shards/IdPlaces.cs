using System.Numerics;

namespace Consort.Compute.Cpu.Shards;

/// <summary>Where ids stand among those of a batch: a hash table with room for a batch, however many ids there are in all.</summary>
internal sealed class IdPlaces : IDisposable
{
    private const uint Golden = 2654435769; // 2³² over the golden ratio: neighbours land far from each other
    private readonly NativeBuffer<int> _ids;
    private readonly NativeBuffer<int> _places;
    private readonly NativeBuffer<int> _taken; // where ids lie
    private readonly int _shift;
    private int _count;

    /// <summary>Lays out room.</summary>
    /// <param name="most">The most different ids.</param>
    public IdPlaces(int most)
    {
        var bits = Math.Max(4, 1 + BitOperations.Log2((uint)Math.Max(1, most)) + 1);
        _shift = 32 - bits;
        (_ids, _places, _taken) = (new NativeBuffer<int>(1L << bits), new NativeBuffer<int>(1L << bits), new NativeBuffer<int>(most));
    }

    /// <summary>Bytes held.</summary>
    public long Bytes => sizeof(int) * (_ids.Length + _places.Length + _taken.Length);

    /// <summary>The place of an id, from 1; of one that is new 0, to be set.</summary>
    public ref int this[int id]
    {
        get
        {
            var ids = _ids.All;
            var places = _places.All;
            var at = (long)((uint)id * Golden >> _shift);
            for (; places[at] > 0; at = at + 1 == ids.Length ? 0 : at + 1)
                if (ids[at] == id)
                    return ref places[at];
            (ids[at], _taken[_count++]) = (id, (int)at);
            return ref places[at];
        }
    }

    /// <summary>Forgets all ids.</summary>
    public void Clear()
    {
        for (var i = 0; i < _count; i++)
            _places[_taken[i]] = 0;
        _count = 0;
    }

    public void Dispose()
    {
        _ids.Dispose();
        _places.Dispose();
        _taken.Dispose();
    }
}
