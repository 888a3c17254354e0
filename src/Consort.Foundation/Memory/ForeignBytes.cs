using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Consort.Foundation.Memory;

/// <summary>Bytes that a native library owns and gives out by address: columns of a Parquet file, vectors of a query.</summary>
internal static class ForeignBytes
{
    /// <summary>Some elements. They are there as long as the library says, which is nobody's but the caller's affair.</summary>
    /// <param name="address">Where they begin; 0 only for none.</param>
    /// <param name="length">How many.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe ReadOnlySpan<T> Of<T>(nint address, int length)
        where T : unmanaged => MemoryMarshal.CreateReadOnlySpan(ref Unsafe.AsRef<T>((void*)address), length);
}
