using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Consort.Compute.Execution;

/// <summary>Zeroed memory outside the managed heap, aligned to 64 bytes, with a cache line of slack at its end.</summary>
/// <typeparam name="T">The element.</typeparam>
public sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private readonly bool _isBorrowed;
    private T* _pointer;

    /// <summary>Allocates the memory.</summary>
    /// <param name="length">In elements, at least 0.</param>
    public NativeBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        // The slack lets kernels read a whole vector at the last element.
        var bytes = checked((nuint)(length * sizeof(T)) + 64);
        _pointer = (T*)LargePages.Allocate(bytes);
        NativeMemory.Clear(_pointer, bytes);
        GC.AddMemoryPressure(checked((long)bytes));
    }

    /// <summary>Memory of someone else's, who keeps it as long as this object is used; a cache line of slack must follow it.</summary>
    internal NativeBuffer(T* memory, long length)
    {
        _pointer = memory;
        (Length, _isBorrowed) = (length, true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees memory whose owner forgot to.</summary>
    ~NativeBuffer() => Free();

    /// <summary>In elements.</summary>
    public long Length { get; }

    /// <summary>The first element.</summary>
    public T* Pointer => _pointer;

    /// <summary>The elements as a span.</summary>
    /// <exception cref="OverflowException">There are more than a span can hold; use <see cref="Pointer"/>.</exception>
    public Span<T> Span => new(_pointer, checked((int)Length));

    /// <summary>The elements from <paramref name="start"/> on as a span.</summary>
    public Span<T> Slice(long start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + length, Length);
        return new(_pointer + start, length);
    }

    /// <summary>Sets all bytes to zero.</summary>
    public void Clear() => NativeMemory.Clear(_pointer, checked((nuint)(Length * Unsafe.SizeOf<T>())));

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_pointer == null || _isBorrowed)
            return;
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
        GC.RemoveMemoryPressure((Length * sizeof(T)) + 64);
    }
}
