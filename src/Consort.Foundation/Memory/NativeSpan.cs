using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Consort.Foundation.Memory;

/// <summary>
/// A span whose length is a long: tables and lists of keys have more elements than a <see cref="Span{T}"/> can hold. Every access is
/// checked.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
public readonly ref struct NativeSpan<T>
    where T : unmanaged
{
    private readonly ref T _first;

    internal NativeSpan(ref T first, long length)
    {
        _first = ref first;
        Length = length;
    }

    /// <summary>In elements.</summary>
    public long Length { get; }

    /// <summary>The same elements as a longer kind of span.</summary>
    public static implicit operator NativeSpan<T>(Span<T> span) => new(ref MemoryMarshal.GetReference(span), span.Length);

    /// <summary>One element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public ref T this[long index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if ((ulong)index >= (ulong)Length)
                ThrowOutside();
            return ref Unsafe.Add(ref _first, (nint)index);
        }
    }

    /// <summary>A part that a span can hold.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It does not lie within.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<T> Slice(long start, int length)
    {
        if ((ulong)start > (ulong)Length || (uint)length > (ulong)(Length - start))
            ThrowOutside();
        return MemoryMarshal.CreateSpan(ref Unsafe.Add(ref _first, (nint)start), length);
    }

    /// <summary>A part of any length.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It does not lie within.</exception>
    public NativeSpan<T> Part(long start, long length)
    {
        if ((ulong)start > (ulong)Length || (ulong)length > (ulong)(Length - start))
            ThrowOutside();
        return new NativeSpan<T>(ref Unsafe.Add(ref _first, (nint)start), length);
    }

    /// <summary>Has the processor fetch a part that is soon read, where it can; a place outside is passed over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(long start, int length)
    {
        if ((ulong)start > (ulong)Length || (uint)length > (ulong)(Length - start))
            return;
        for (var at = 0; at < length * Unsafe.SizeOf<T>(); at += 64)
            NativeBlocks.Prefetch(in Unsafe.AddByteOffset(ref _first, (nint)start * Unsafe.SizeOf<T>() + at));
    }

    /// <summary>Copies all elements.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The other is too short.</exception>
    public void CopyTo(NativeSpan<T> other)
    {
        const int Piece = 1 << 26;
        if (other.Length < Length)
            ThrowOutside();
        for (long done = 0; done < Length; done += Piece)
        {
            var length = (int)Math.Min(Piece, Length - done);
            Slice(done, length).CopyTo(other.Slice(done, length));
        }
    }

    /// <summary>Sets all bytes to zero.</summary>
    public void Clear()
    {
        const int Piece = 1 << 26;
        for (long done = 0; done < Length; done += Piece)
            Slice(done, (int)Math.Min(Piece, Length - done)).Clear();
    }

    private static void ThrowOutside() =>
        throw new ArgumentOutOfRangeException("index", "found a place that does not lie within the buffer");
}
