using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Consort.Foundation.Memory;

/// <summary>The one place where the house takes native memory; buffer types stand on it.</summary>
internal static unsafe class NativeBlocks
{
    /// <summary>Zeros, aligned to at least 64 bytes, on large pages if there are enough of them.</summary>
    public static void* Zeros<T>(long length, nuint slack = 0)
        where T : unmanaged
    {
        var data = Rubbish<T>(length, slack);
        NativeMemory.Clear(data, Bytes<T>(length) + (MemoryGuard.IsOn ? 0 : slack));
        return data;
    }

    /// <summary>Memory that nobody may read before he has written it, aligned as zeros are; poison in a guarded build.</summary>
    /// <param name="length">In elements.</param>
    /// <param name="slack">Bytes behind them that may be read; part of the red zone in a guarded build, at most 128.</param>
    /// <param name="leastAlignment">A power of two, at least 64.</param>
    public static void* Rubbish<T>(long length, nuint slack = 0, nuint leastAlignment = 64)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var bytes = Bytes<T>(length);
        var alignment = nuint.Max(leastAlignment, LargePages.AlignmentOf(bytes + slack));
        var data = MemoryGuard.IsOn
            ? (void*)GuardedBlocks.Allocate(bytes, alignment, Poison.Of<T>(), Name<T>(length))
            : NativeMemory.AlignedAlloc(checked(bytes + slack), alignment);
        LargePages.Ask((nint)data, bytes + slack);
        return data;
    }

    /// <summary>Frees either.</summary>
    public static void Free(void* data, bool isFinalizer = false)
    {
        if (MemoryGuard.IsOn)
            GuardedBlocks.Free((nint)data, isFinalizer);
        else
            NativeMemory.AlignedFree(data);
    }

    /// <summary>Memory that grows and keeps what is in it; what is new is rubbish.</summary>
    /// <param name="data">From an earlier call, or null.</param>
    /// <param name="length">In elements.</param>
    public static nint Grow<T>(nint data, long length)
        where T : unmanaged
    {
        if (!MemoryGuard.IsOn)
            return (nint)NativeMemory.Realloc((void*)data, Bytes<T>(length));
        if (data != 0 && GuardedBlocks.DamageOf(data) is { } damage)
            throw new MemoryGuardException(damage);
        var grown = GuardedBlocks.Allocate(Bytes<T>(length), 64, Poison.Of<T>(), Name<T>(length));
        if (data == 0)
            return grown;
        NativeMemory.Copy((void*)data, (void*)grown, nuint.Min(GuardedBlocks.SizeOf(data), Bytes<T>(length)));
        GuardedBlocks.Free(data, isFinalizer: false);
        return grown;
    }

    /// <summary>Frees memory that grew.</summary>
    public static void FreeGrown(nint data, bool isFinalizer = false)
    {
        if (MemoryGuard.IsOn)
            GuardedBlocks.Free(data, isFinalizer);
        else
            NativeMemory.Free((void*)data);
    }

    /// <summary>Memory that nobody guards, for who does.</summary>
    public static nint Allocate(nuint bytes, nuint alignment) => (nint)NativeMemory.AlignedAlloc(bytes, alignment);

    /// <summary>Frees that.</summary>
    public static void FreeAllocated(nint data) => NativeMemory.AlignedFree((void*)data);

    /// <summary>What lies at an address.</summary>
    public static NativeSpan<T> Span<T>(nint data, long length)
        where T : unmanaged => new(ref *(T*)data, length);

    /// <summary>An element of memory whose length the caller knows; nothing is checked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref T At<T>(nint data, nuint index)
        where T : unmanaged => ref ((T*)data)[index];

    /// <summary>
    /// Has the processor fetch a cache line that is soon read, where it can. To prefetch a wrong place does no harm, whatever moves
    /// meanwhile.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch<T>(ref readonly T place)
        where T : unmanaged
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in place)));
    }

    private static nuint Bytes<T>(long length)
        where T : unmanaged => checked((nuint)length * (nuint)sizeof(T));

    private static string Name<T>(long length) => $"memory [{MemoryGuard.Say(length)}] of {typeof(T).Name}";
}
