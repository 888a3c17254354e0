using System.Runtime.InteropServices;

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
            ? GuardedBlocks.Allocate(bytes, alignment, Poison.Of<T>(), Name<T>(length))
            : NativeMemory.AlignedAlloc(checked(bytes + slack), alignment);
        LargePages.Ask(data, bytes + slack);
        return data;
    }

    /// <summary>Frees either.</summary>
    public static void Free(void* data, bool isFinalizer = false)
    {
        if (MemoryGuard.IsOn)
            GuardedBlocks.Free(data, isFinalizer);
        else
            NativeMemory.AlignedFree(data);
    }

    /// <summary>Memory that grows and keeps what is in it; what is new is rubbish.</summary>
    /// <param name="data">From an earlier call, or null.</param>
    /// <param name="length">In elements.</param>
    public static T* Grow<T>(T* data, long length)
        where T : unmanaged
    {
        if (!MemoryGuard.IsOn)
            return (T*)NativeMemory.Realloc(data, Bytes<T>(length));
        if (data != null && GuardedBlocks.DamageOf(data) is { } damage)
            throw new MemoryGuardException(damage);
        var grown = GuardedBlocks.Allocate(Bytes<T>(length), 64, Poison.Of<T>(), Name<T>(length));
        if (data != null)
        {
            NativeMemory.Copy(data, grown, nuint.Min(GuardedBlocks.SizeOf(data), Bytes<T>(length)));
            GuardedBlocks.Free(data, isFinalizer: false);
        }

        return (T*)grown;
    }

    /// <summary>Frees memory that grew.</summary>
    public static void FreeGrown(void* data, bool isFinalizer = false)
    {
        if (MemoryGuard.IsOn)
            GuardedBlocks.Free(data, isFinalizer);
        else
            NativeMemory.Free(data);
    }

    private static nuint Bytes<T>(long length)
        where T : unmanaged => checked((nuint)length * (nuint)sizeof(T));

    private static string Name<T>(long length) => $"memory [{MemoryGuard.Say(length)}] of {typeof(T).Name}";
}
