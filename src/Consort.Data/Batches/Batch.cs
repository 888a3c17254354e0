using System.Runtime.InteropServices;
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
    private readonly int _idsPerRow;
    private readonly int _numerics;

    /// <summary>Allocates a batch.</summary>
    /// <param name="capacity">The most rows it holds, at least 1.</param>
    /// <param name="space">The columns.</param>
    /// <param name="truth">Whether the true click probability is kept.</param>
    /// <param name="mayLackLabels">Whether some rows may have no label.</param>
    public Batch(int capacity, FeatureSpace space, bool truth, bool mayLackLabels = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
        (_idsPerRow, _numerics) = (space.IdsPerRow, space.Numeric.Count);
        _ids = new NativeBuffer<int>((long)capacity * _idsPerRow, MemoryContent.Unwritten);
        _numeric = new NativeBuffer<float>((long)capacity * _numerics, MemoryContent.Unwritten);
        _labels = new NativeBuffer<float>(capacity, MemoryContent.Unwritten);
        _truth = truth ? new NativeBuffer<float>(capacity, MemoryContent.Unwritten) : null;
        _places = new NativeBuffer<long>(capacity);
        _labelled = mayLackLabels ? new NativeBuffer<float>(capacity, MemoryContent.Unwritten) : null;
    }

    /// <summary>The most rows it holds.</summary>
    public int Capacity { get; }

    /// <summary>The rows it holds now, 0 to <see cref="Capacity"/>.</summary>
    public int Rows { get; set; }

    /// <summary>Global ids of the rows held, [B, W], row-major: of each column as many as its length, W in all.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<int> Ids => _ids.Slice(0, checked(Rows * _idsPerRow));

    /// <summary>Transformed numeric values, [B, N], row-major.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<float> Numeric => _numeric.Slice(0, checked(Rows * _numerics));

    /// <summary>Labels, [B], 0 or 1; 0 where a row has none.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<float> Labels => _labels.Slice(0, Rows);

    /// <summary>1 where a row has a label and 0 where it has none, [B]; empty where every row has one.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<float> Labelled => _labelled is null ? [] : _labelled.Slice(0, Rows);

    /// <summary>Whether the true click probability is known.</summary>
    public bool HasTruth => _truth is not null;

    /// <summary>The true click probability, [B]; empty where it is not known.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<float> Truth => _truth is null ? [] : _truth.Slice(0, Rows);

    /// <summary>Where the rows stand among those that a loader walks, [B], from 0; 0 in a batch of raw rows.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<long> Places => _places.Slice(0, Rows);

    /// <summary>Bytes held.</summary>
    public long Bytes => 4L * Capacity * (_idsPerRow + _numerics + (HasTruth ? 4 : 3) + (_labelled is null ? 0 : 1));

    /// <summary>The ids of a row, [W].</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public Span<int> IdsOf(int row) => Ids.Slice(row * _idsPerRow, _idsPerRow);

    /// <summary>The numeric values of a row, [N].</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public Span<float> NumericOf(int row) => Numeric.Slice(row * _numerics, _numerics);

    /// <inheritdoc/>
    public void Dispose()
    {
        _ids.Dispose();
        _numeric.Dispose();
        _labels.Dispose();
        _truth?.Dispose();
        _places.Dispose();
        _labelled?.Dispose();
    }

    /// <summary>Takes a row as it is stored: ids, numbers, the label and, where the batch has it and the row does, the truth.</summary>
    internal void Put(int row, ReadOnlySpan<byte> stored)
    {
        var (numbers, label) = (4 * _idsPerRow, 4 * (_idsPerRow + _numerics));
        stored[..numbers].CopyTo(MemoryMarshal.AsBytes(IdsOf(row)));
        stored[numbers..label].CopyTo(MemoryMarshal.AsBytes(NumericOf(row)));
        Labels[row] = MemoryMarshal.Read<float>(stored[label..]);
        if (_truth is not null && stored.Length > label + 4) Truth[row] = MemoryMarshal.Read<float>(stored[(label + 4)..]);
    }
}
