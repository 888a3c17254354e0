using System.Runtime.InteropServices;
using Consort.Data.Datasets;
using Consort.Data.Schemas;

namespace Consort.Data.Batches;

/// <summary>The rows of one step, in native memory aligned to 64 bytes, allocated once for the greatest number of rows.</summary>
public sealed class Batch : IDisposable
{
    private readonly NativeBuffer<int> _ids;
    private readonly NativeBuffer<float> _numeric;
    private readonly NativeBuffer<float> _labels;
    private readonly NativeBuffer<float>? _truth;
    private readonly NativeBuffer<long> _places;
    private readonly NativeBuffer<float>? _labelled;
    private readonly NativeBuffer<float>? _weights;
    private readonly NativeBuffer<ulong>? _groups;
    private readonly NativeBuffer<int>? _lists;
    private readonly (int Column, ListShape Shape)[] _listColumns;
    private readonly bool[] _isList; // of each column
    private readonly int _idsPerRow;
    private readonly int _numerics;
    private int _listsUsed;

    /// <summary>Allocates a batch.</summary>
    /// <param name="capacity">The most rows it holds, at least 1.</param>
    /// <param name="space">The columns.</param>
    /// <param name="truth">Whether the true click probability is kept.</param>
    /// <param name="mayLackLabels">Whether some rows may have no label.</param>
    public Batch(int capacity, FeatureSpace space, bool truth, bool mayLackLabels = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
        (_idsPerRow, _numerics) = (space.Categorical.Count, space.Numeric.Count);
        _listColumns = [.. space.Categorical.Select((c, i) => (i, c.List)).Where(c => c.List is not null).Select(c => (c.i, c.List!))];
        _isList = [.. space.Categorical.Select(c => c.List is not null)];
        _lists = space.ListRoom == 0 ? null : new NativeBuffer<int>((long)capacity * space.ListRoom, MemoryContent.Unwritten);
        _ids = new NativeBuffer<int>((long)capacity * _idsPerRow, MemoryContent.Unwritten);
        _numeric = new NativeBuffer<float>((long)capacity * _numerics, MemoryContent.Unwritten);
        _labels = new NativeBuffer<float>(capacity, MemoryContent.Unwritten);
        _truth = truth ? new NativeBuffer<float>(capacity, MemoryContent.Unwritten) : null;
        _places = new NativeBuffer<long>(capacity);
        _labelled = mayLackLabels ? new NativeBuffer<float>(capacity, MemoryContent.Unwritten) : null;
        _weights = space.HasWeights ? new NativeBuffer<float>(capacity, MemoryContent.Unwritten) : null;
        _groups = space.HasGroups ? new NativeBuffer<ulong>(capacity, MemoryContent.Unwritten) : null;
    }

    /// <summary>The most rows it holds.</summary>
    public int Capacity { get; }

    /// <summary>The rows it holds now, 0 to <see cref="Capacity"/>.</summary>
    public int Rows { get; set; }

    /// <summary>Rows of the whole batch, of which other ranks have the rest.</summary>
    public int Whole { get; private set; }

    /// <summary>Where the rows held begin among those.</summary>
    public int First { get; private set; }

    /// <summary>
    /// Global ids of the rows held, [B, F], row-major; of a list column the place in <see cref="Lists"/> where the row's list begins.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<int> Ids => _ids.Slice(0, checked(Rows * _idsPerRow));

    /// <summary>The lists of the rows held, in any order: n, n ids, and where ids have weights n of these as the bits of floats.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<int> Lists => _lists is null ? [] : _lists.Slice(0, _listsUsed);

    /// <summary>Transformed numeric values, [B, N], row-major.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<float> Numeric => _numeric.Slice(0, checked(Rows * _numerics));

    /// <summary>Labels, [B], 0 or 1; 0 where a row has none.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<float> Labels => _labels.Slice(0, Rows);

    /// <summary>1 where a row has a label and 0 where it has none, [B]; empty where every row has one.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<float> Labelled => _labelled is null ? [] : _labelled.Slice(0, Rows);

    /// <summary>Whether rows count unlike.</summary>
    public bool HasWeights => _weights is not null;

    /// <summary>Whether some rows may have no label.</summary>
    public bool MayLackLabels => _labelled is not null;

    /// <summary>How much each row counts, finite and at least 0, [B]; empty where all count alike.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<float> Weights => _weights is null ? [] : _weights.Slice(0, Rows);

    /// <summary>A 64-bit hash of the group of each row, 0 for none, [B]; empty where rows have no groups.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<ulong> Groups => _groups is null ? [] : _groups.Slice(0, Rows);

    /// <summary>Whether the true click probability is known.</summary>
    public bool HasTruth => _truth is not null;

    /// <summary>The true click probability, [B]; empty where it is not known.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<float> Truth => _truth is null ? [] : _truth.Slice(0, Rows);

    /// <summary>Where the rows stand among those that a loader walks, [B], from 0; 0 in a batch of raw rows.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<long> Places => _places.Slice(0, Rows);

    /// <summary>Bytes held.</summary>
    public long Bytes => 4 * (_lists?.Length ?? 0) + 4L * Capacity * (_idsPerRow + _numerics + (HasTruth ? 4 : 3)
        + (_labelled is null ? 0 : 1) + (_weights is null ? 0 : 1) + (_groups is null ? 0 : 2));

    /// <summary>The ids of a row, [F].</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public Span<int> IdsOf(int row) => Ids.Slice(row * _idsPerRow, _idsPerRow);

    /// <summary>The numeric values of a row, [N].</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public Span<float> NumericOf(int row) => Numeric.Slice(row * _numerics, _numerics);

    /// <summary>Copies a row's ids and lists elsewhere.</summary>
    /// <param name="row">Which row.</param>
    /// <param name="ids">Gets its ids, [F]; those of lists say where these begin.</param>
    /// <param name="lists">Room for the lists of a row, <see cref="FeatureSpace.ListRoom"/> whole numbers.</param>
    /// <param name="from">Where that room begins among the lists of all rows there.</param>
    public void CopyRow(int row, Span<int> ids, Span<int> lists, int from)
    {
        IdsOf(row).CopyTo(ids);
        var used = 0;
        foreach (var (column, shape) in _listColumns)
        {
            var list = Lists[ids[column]..];
            list = list[..shape.RoomOf(list[0])];
            list.CopyTo(lists[used..]);
            ids[column] = from + used;
            used += list.Length;
        }
    }

    /// <summary>The global ids that a row has of a column: one of a token, as many as there are of a list.</summary>
    public ReadOnlySpan<int> IdsOf(int row, int column)
    {
        var ids = IdsOf(row);
        if (!_isList[column]) return ids.Slice(column, 1);
        return Lists.Slice(ids[column] + 1, Lists[ids[column]]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ids.Dispose();
        _numeric.Dispose();
        _labels.Dispose();
        _truth?.Dispose();
        _places.Dispose();
        _labelled?.Dispose();
        _weights?.Dispose();
        _groups?.Dispose();
        _lists?.Dispose();
    }

    /// <summary>Begins anew with so many rows, none of which has a list yet.</summary>
    internal void Begin(int rows) => Begin(rows, rows, 0);

    /// <summary>The same with a share of a batch.</summary>
    internal void Begin(int rows, int whole, int first) => (Rows, Whole, First, _listsUsed) = (rows, whole, first, 0);

    /// <summary>Keeps a rank's share of the rows held, and gives the others up.</summary>
    /// <param name="rank">From 0.</param>
    /// <param name="ranks">How many share the batch.</param>
    internal void Keep(int rank, int ranks)
    {
        var (first, end, whole) = (LoaderOptions.FirstOf(Rows, rank, ranks), LoaderOptions.FirstOf(Rows, rank + 1, ranks), Rows);
        Move(Ids, _idsPerRow); // their lists stay where they are
        Move(Numeric, _numerics);
        Move(Labels);
        Move(Labelled);
        Move(Weights);
        Move(Groups);
        Move(Truth);
        (Rows, Whole, First) = (end - first, whole, first);

        void Move<T>(Span<T> rows, int width = 1)
        {
            if (!rows.IsEmpty)
                rows[(first * width)..(end * width)].CopyTo(rows);
        }
    }

    /// <summary>Takes a row as it is stored, and where the batch has it and the row does, the truth.</summary>
    /// <param name="row">Its place in the batch.</param>
    /// <param name="stored">The row.</param>
    /// <param name="layout">Where things stand in it.</param>
    internal void Put(int row, ReadOnlySpan<byte> stored, RowLayout layout)
    {
        stored[..layout.NumericAt].CopyTo(MemoryMarshal.AsBytes(IdsOf(row)));
        stored[layout.NumericAt..layout.LabelAt].CopyTo(MemoryMarshal.AsBytes(NumericOf(row)));
        Labels[row] = MemoryMarshal.Read<float>(stored[layout.LabelAt..]);
        if (layout.WeightAt >= 0) Weights[row] = MemoryMarshal.Read<float>(stored[layout.WeightAt..]);
        if (layout.GroupAt >= 0) Groups[row] = MemoryMarshal.Read<ulong>(stored[layout.GroupAt..]);
        if (_truth is not null && layout.TruthAt >= 0) Truth[row] = MemoryMarshal.Read<float>(stored[layout.TruthAt..]);
    }

    /// <summary>Takes the lists of a row that was put: its ids say where these begin.</summary>
    /// <param name="row">Its place in the batch.</param>
    /// <param name="lists">Where they lie, in bytes.</param>
    /// <param name="from">What its ids are counted from, in whole numbers.</param>
    internal void PutLists(int row, NativeSpan<byte> lists, long from)
    {
        var ids = IdsOf(row);
        foreach (var (column, shape) in _listColumns)
        {
            var place = 4 * (from + ids[column]);
            var n = MemoryMarshal.Read<int>(lists.Slice(place, 4));
            if ((uint)n > (uint)shape.MaxLength) throw new ConsortException($"found a list of {n} ids, expected at most {shape.MaxLength}");
            var length = shape.RoomOf(n);
            lists.Slice(place, 4 * length).CopyTo(MemoryMarshal.AsBytes(_lists!.Slice(_listsUsed, length)));
            ids[column] = _listsUsed;
            _listsUsed += length;
        }
    }

    /// <summary>Puts a list of a row that has none of that column yet.</summary>
    /// <param name="row">Its place in the batch.</param>
    /// <param name="column">Which column.</param>
    /// <param name="n">How many ids.</param>
    /// <param name="content">The ids, and their weights where they have such.</param>
    internal void PutList(int row, int column, int n, ReadOnlySpan<int> content)
    {
        IdsOf(row)[column] = _listsUsed;
        var list = _lists!.Slice(_listsUsed, 1 + content.Length);
        list[0] = n;
        content.CopyTo(list[1..]);
        _listsUsed += list.Length;
    }
}
