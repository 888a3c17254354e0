using System.Runtime.CompilerServices;

namespace Consort.Data.Datasets;

/// <summary>A 64-bit mix of a seed and a number (the finaliser of SplitMix64, twice); part of the data format.</summary>
internal static class KeyedHash
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong seed, ulong number) => Finish(Finish(seed + 0x9E3779B97F4A7C15) ^ (number + 0x9E3779B97F4A7C15));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Finish(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
