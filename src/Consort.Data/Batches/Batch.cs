namespace Consort.Data.Batches;

/// <summary>The rows of one step, in native memory aligned to 64 bytes, allocated once for the greatest number of rows.</summary>
public sealed class Batch : IDisposable
{
    private readonly NativeBuffer<int> _ids;
    private readonly NativeBuffer<float> _numeric;
    private readonly NativeBuffer<float> _labels;
    private readonly NativeBuffer<float>? _truth;

    /// <summary>Allocates a batch.</summary>
    /// <param name="capacity">The most rows it holds, at least 1.</param>
    /// <param name="fields">Categorical columns, F.</param>
    /// <param name="numerics">Numeric columns, N.</param>
    /// <param name="truth">Whether the true click probability is kept.</param>
    public Batch(int capacity, int fields, int numerics, bool truth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(fields);
        ArgumentOutOfRangeException.ThrowIfNegative(numerics);
        Capacity = capacity;
        Fields = fields;
        Numerics = numerics;
        _ids = new NativeBuffer<int>((long)capacity * fields, MemoryContent.Unwritten);
        _numeric = new NativeBuffer<float>((long)capacity * numerics, MemoryContent.Unwritten);
        _labels = new NativeBuffer<float>(capacity, MemoryContent.Unwritten);
        _truth = truth ? new NativeBuffer<float>(capacity, MemoryContent.Unwritten) : null;
    }

    /// <summary>The most rows it holds.</summary>
    public int Capacity { get; }

    /// <summary>The rows it holds now, 0 to <see cref="Capacity"/>.</summary>
    public int Rows { get; set; }

    /// <summary>Categorical columns, F.</summary>
    public int Fields { get; }

    /// <summary>Numeric columns, N.</summary>
    public int Numerics { get; }

    /// <summary>Global ids of the rows held, [B, F], row-major.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<int> Ids => _ids.Slice(0, checked(Rows * Fields));

    /// <summary>Transformed numeric values, [B, N], row-major.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<float> Numeric => _numeric.Slice(0, checked(Rows * Numerics));

    /// <summary>Labels, [B], 0 or 1.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<float> Labels => _labels.Slice(0, Rows);

    /// <summary>Whether the true click probability is known.</summary>
    public bool HasTruth => _truth is not null;

    /// <summary>The true click probability, [B]; empty where it is not known.</summary>
    /// <exception cref="ObjectDisposedException">The batch was given back.</exception>
    public Span<float> Truth => _truth is null ? [] : _truth.Slice(0, Rows);

    /// <summary>Bytes held.</summary>
    public long Bytes => 4L * Capacity * (Fields + Numerics + (HasTruth ? 2 : 1));

    /// <summary>The ids of a row, [F].</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public Span<int> IdsOf(int row) => Ids.Slice(row * Fields, Fields);

    /// <summary>The numeric values of a row, [N].</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public Span<float> NumericOf(int row) => Numeric.Slice(row * Numerics, Numerics);

    /// <inheritdoc/>
    public void Dispose()
    {
        _ids.Dispose();
        _numeric.Dispose();
        _labels.Dispose();
        _truth?.Dispose();
    }
}
