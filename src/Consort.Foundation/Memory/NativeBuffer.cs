using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Consort.Foundation.Memory;

/// <summary>Memory outside the managed heap, aligned to 64 bytes, with a cache line behind it that may be read.</summary>
/// <typeparam name="T">The element.</typeparam>
public sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private const int Slack = 64; // lets kernels read a whole vector at the last element
    private readonly bool _isBorrowed;
    private readonly object? _owner; // kept alive as long as this
    private T* _pointer;

    /// <summary>Allocates the memory, zeroed.</summary>
    /// <param name="length">In elements, at least 0.</param>
    /// <param name="content">Whether anyone relies on the zeros.</param>
    public NativeBuffer(long length, MemoryContent content = MemoryContent.Zeros)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        _pointer = MemoryGuard.IsOn && content == MemoryContent.Unwritten
            ? (T*)NativeBlocks.Rubbish<T>(length, Slack)
            : (T*)NativeBlocks.Zeros<T>(length, Slack);
        GC.AddMemoryPressure(Bytes);
    }

    /// <summary>
    /// Memory of someone else's, kept as long as this object by its owner if there is one; a cache line of slack must follow what kernels
    /// read.
    /// </summary>
    internal NativeBuffer(T* memory, long length, object? owner = null)
    {
        _pointer = memory;
        (Length, _isBorrowed, _owner) = (length, true, owner);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees memory whose owner forgot to.</summary>
    ~NativeBuffer() => Free(isFinalizer: true);

    /// <summary>In elements.</summary>
    public long Length { get; }

    /// <summary>The first element, for kernels.</summary>
    /// <exception cref="ObjectDisposedException">In a guarded build: the memory was given back.</exception>
    internal T* Pointer
    {
        get
        {
            if (MemoryGuard.IsOn)
                ThrowIfDisposed();
            return _pointer;
        }
    }

    /// <summary>Where the first element lies, for hot loops that know how many there are: <see cref="NativeBlocks.At"/>.</summary>
    internal nint Address => (nint)Pointer;

    /// <summary>The elements as a span.</summary>
    /// <exception cref="OverflowException">There are more than a span can hold; use <see cref="All"/> or <see cref="Slice"/>.</exception>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public Span<T> Span => Slice(0, checked((int)Length));

    /// <summary>The elements, however many there are.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public NativeSpan<T> All
    {
        get
        {
            ThrowIfDisposed();
            return new NativeSpan<T>(ref *_pointer, Length);
        }
    }

    /// <summary>One element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public ref T this[long index] => ref All[index];

    /// <summary>The elements from <paramref name="start"/> on as a span: a row of a table, for instance.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not as many.</exception>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public Span<T> Slice(long start, int length) => All.Slice(start, length);

    /// <summary>Sets all bytes to zero.</summary>
    public void Clear()
    {
        ThrowIfDisposed();
        NativeMemory.Clear(_pointer, checked((nuint)(Length * sizeof(T))));
    }

    /// <summary>The same memory, which stays its owner's: disposing of the result gives nothing back.</summary>
    public NativeBuffer<T> Borrow() => new(_pointer, Length, this);

    /// <summary>A part of the same memory as elements of another kind; it too stays its owner's.</summary>
    /// <param name="start">Where it begins, in bytes.</param>
    /// <param name="length">In elements of that kind.</param>
    /// <exception cref="ArgumentOutOfRangeException">It does not lie within.</exception>
    public NativeBuffer<TOther> Part<TOther>(long start, long length)
        where TOther : unmanaged
    {
        ThrowIfDisposed();
        var bytes = Length * sizeof(T);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)start, (ulong)bytes, nameof(start));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)length, (ulong)((bytes - start) / sizeof(TOther)), nameof(length));
        return new NativeBuffer<TOther>((TOther*)((byte*)_pointer + start), length, this);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Free(isFinalizer: false);
    }

    /// <summary>What is wrong with the red zones, in a guarded build, or null.</summary>
    internal string? Damage => MemoryGuard.IsOn && !_isBorrowed && _pointer != null ? GuardedBlocks.DamageOf((nint)_pointer) : null;

    private long Bytes => (Length * sizeof(T)) + Slack;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ThrowIfDisposed()
    {
        if (_pointer == null && Length > 0)
            throw new ObjectDisposedException(nameof(NativeBuffer<T>), "the memory was given back");
    }

    private void Free(bool isFinalizer)
    {
        var pointer = _pointer;
        _pointer = null;
        if (pointer == null || _isBorrowed)
            return;
        NativeBlocks.Free(pointer, isFinalizer);
        GC.RemoveMemoryPressure(Bytes);
    }
}
