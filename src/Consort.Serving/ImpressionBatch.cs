using Consort.Data.Schemas;

namespace Consort.Serving;

/// <summary>
/// Impressions of a scorer side by side, to be filled, scored and filled again; made by <see cref="Scorer.NewBatch"/>. For one thread at a
/// time.
/// </summary>
public sealed class ImpressionBatch
{
    private readonly int _columns;
    private readonly int _numerics;

    internal ImpressionBatch(Scorer scorer, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        (Scorer, Capacity) = (scorer, capacity);
        (_columns, _numerics) = (scorer.Encoder.Space.Categorical.Count, scorer.Encoder.Space.Numeric.Count);
        Ids = GC.AllocateArray<int>(checked(Math.Max(1, _columns) * capacity), pinned: true);
        Lists = new int[checked(scorer.Encoder.Space.ListRoom * capacity)];
        Times = new long[checked(scorer.Encoder.TimesPerRow * capacity)];
        Numerics = GC.AllocateArray<float>(checked(Math.Max(1, _numerics) * capacity), pinned: true);
    }

    /// <summary>The scorer whose encoder it is filled by; no other scores it.</summary>
    public Scorer Scorer { get; }

    /// <summary>The most impressions it can hold.</summary>
    public int Capacity { get; }

    /// <summary>How many it holds.</summary>
    public int Count { get; private set; }

    /// <summary>An impression that was added.</summary>
    public ImpressionRow this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return Scorer.RowOf(Ids.AsSpan(index * _columns), Numerics.AsSpan(index * _numerics), Lists, Times, index);
        }
    }

    internal int[] Ids { get; } // [capacity, F]

    internal float[] Numerics { get; } // [capacity, N]

    internal int[] Lists { get; } // [capacity, room of a row]

    internal long[] Times { get; } // [capacity, times of a row]

    /// <summary>Forgets all impressions.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds an impression with every field missing.</summary>
    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    public ImpressionRow Add()
    {
        if (Count == Capacity)
            throw new InvalidOperationException($"the batch holds {Capacity} impressions, its most, already");
        Count++;
        var row = this[Count - 1];
        row.Clear();
        return row;
    }

    /// <summary>Adds an impression that the package's own encoder has encoded.</summary>
    /// <param name="ids">Global ids, [F].</param>
    /// <param name="numerics">Numeric columns, [N].</param>
    /// <param name="lists">The lists that ids of list columns name: n, n ids, and where these have weights n of them as the bits of
    /// floats.</param>
    /// <exception cref="ConsortException">An id is not one of its column's, a list is none, or a number is not finite.</exception>
    public void AddEncoded(ReadOnlySpan<int> ids, ReadOnlySpan<float> numerics, ReadOnlySpan<int> lists = default)
    {
        if (ids.Length != _columns || numerics.Length != _numerics)
            throw new ConsortException($"found {ids.Length} ids and {numerics.Length} numbers, expected {_columns} and {_numerics}");
        for (var column = 0; column < _columns; column++)
        {
            var range = Scorer.Encoder.Space.Categorical[column];
            var own = range.List is { } list ? ListAt(lists, ids[column], range, list).Slice(1, lists[ids[column]]) : ids.Slice(column, 1);
            foreach (var id in own)
                if ((uint)(id - range.Offset) >= (uint)range.Size)
                    throw new ConsortException($"column {range.Name}: found id {id}, expected {range.Offset} to {range.Offset + range.Size - 1}");
        }

        for (var column = 0; column < _numerics; column++)
            if (!float.IsFinite(numerics[column]))
                throw new ConsortException(FormattableString.Invariant(
                    $"column {Scorer.Encoder.Space.Numeric[column]}: found {numerics[column]}, expected a finite number"));
        Add();
        var times = Scorer.Encoder.TimesPerRow;
        Scorer.Encoder.TakeTimesAsEncoded(Times.AsSpan((Count - 1) * times, times));
        var row = Ids.AsSpan((Count - 1) * _columns, _columns);
        for (var column = 0; column < _columns; column++)
        {
            var range = Scorer.Encoder.Space.Categorical[column];
            if (range.List is { } list)
                ListAt(lists, ids[column], range, list).CopyTo(Lists.AsSpan(row[column]));
            else
                row[column] = ids[column];
        }

        numerics.CopyTo(Numerics.AsSpan((Count - 1) * _numerics));
    }

    private static ReadOnlySpan<int> ListAt(ReadOnlySpan<int> lists, int place, Column column, ListShape shape)
    {
        if ((uint)place >= (uint)lists.Length || (uint)lists[place] > (uint)shape.MaxLength
            || lists.Length - place < shape.RoomOf(lists[place]))
            throw new ConsortException($"column {column.Name}: found a list at {place}, expected at most {shape.MaxLength} ids within {lists.Length} numbers");
        var list = lists.Slice(place, shape.RoomOf(lists[place]));
        for (var i = 1 + list[0]; i < list.Length; i++)
            if (!FieldList.IsWeight(BitConverter.Int32BitsToSingle(list[i])))
                throw new ConsortException($"column {column.Name}: found weight {BitConverter.Int32BitsToSingle(list[i])}, expected a number of at least 0");
        return list;
    }
}
