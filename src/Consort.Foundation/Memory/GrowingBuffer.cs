namespace Consort.Foundation.Memory;

/// <summary>
/// Memory outside the managed heap that grows and keeps what is in it; what is new holds rubbish, poison in a guarded build.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
public sealed class GrowingBuffer<T> : IDisposable
    where T : unmanaged
{
    private nint _address;

    /// <summary>Frees memory whose owner forgot to.</summary>
    ~GrowingBuffer() => NativeBlocks.FreeGrown(_address, isFinalizer: true);

    /// <summary>In elements; 0 at first and after it was given back.</summary>
    public long Capacity { get; private set; }

    /// <summary>All elements. Invalid after it grew.</summary>
    public NativeSpan<T> All => Capacity == 0 ? default : NativeBlocks.Span<T>(_address, Capacity);

    /// <summary>One element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public ref T this[long index] => ref All[index];

    /// <summary>Some elements. Invalid after it grew.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not as many.</exception>
    public Span<T> Slice(long start, int length) => All.Slice(start, length);

    /// <summary>Makes room for more.</summary>
    /// <param name="capacity">More than there is.</param>
    public void Grow(long capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, Capacity);
        _address = NativeBlocks.Grow<T>(_address, capacity);
        Capacity = capacity;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear();
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back; it may grow again.</summary>
    public void Clear()
    {
        NativeBlocks.FreeGrown(_address);
        (_address, Capacity) = (0, 0);
    }
}
