using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Consort.Compute.Cpu.Kernels;

/// <summary>
/// Asks for memory that will be read soon, where the processor has such an instruction. An address that is not there does no harm.
/// </summary>
internal static unsafe class Prefetch
{
    private const int LineBytes = 64;

    /// <summary>Asks for the cache lines of consecutive numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Row<T>(T* data, int length)
        where T : unmanaged
    {
        if (!Sse.IsSupported)
            return;
        for (var i = 0; i < length; i += LineBytes / sizeof(T))
            Sse.Prefetch0(data + i);
        // Numbers that do not begin on a cache line end on one line more.
        if (length * sizeof(T) % LineBytes != 0)
            Sse.Prefetch0(data + length - 1);
    }

    /// <summary>
    /// Asks for one of <paramref name="shares"/> equal shares of consecutive numbers, into the second-level cache: for what is read or
    /// written after so many more rounds of work.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Share<T>(T* data, int length, int share, int shares)
        where T : unmanaged
    {
        if (!Sse.IsSupported)
            return;
        var end = (int)((long)length * (share + 1) / shares);
        for (var i = (int)((long)length * share / shares); i < end; i += LineBytes / sizeof(T))
            Sse.Prefetch1(data + i);
    }
}
