namespace Consort.Learning.Evaluation;

/// <summary>Least-significant-digit radix sort of 32-bit keys: three passes of 11, 11 and 10 bits, one counting pass for all.</summary>
internal static class RadixSort
{
    private const int Bits = 11;
    private const int Buckets = 1 << Bits;
    private const uint Mask = Buckets - 1;
    private const int Passes = 3;
    private const int SmallCount = 256;

    /// <summary>Sorts <paramref name="keys"/> ascending; <paramref name="scratch"/> has room for as many.</summary>
    public static void Sort(NativeSpan<uint> keys, NativeSpan<uint> scratch)
    {
        var count = keys.Length;
        if (count <= SmallCount)
        {
            keys.Slice(0, (int)count).Sort();
            return;
        }
        Span<long> counts = stackalloc long[Passes * Buckets];
        counts.Clear();
        for (long i = 0; i < count; i++)
        {
            var key = keys[i];
            counts[(int)(key & Mask)]++;
            counts[Buckets + (int)((key >> Bits) & Mask)]++;
            counts[2 * Buckets + (int)(key >> (2 * Bits))]++;
        }
        var from = keys;
        var to = scratch.Part(0, count);
        var isHome = true; // whether from is keys
        for (var pass = 0; pass < Passes; pass++)
        {
            var offsets = counts.Slice(pass * Buckets, Buckets);
            var shift = pass * Bits;
            if (offsets[(int)((from[0] >> shift) & Mask)] == count)
            {
                continue; // all keys agree in this digit
            }
            long total = 0;
            for (var i = 0; i < Buckets; i++)
                (offsets[i], total) = (total, total + offsets[i]);
            for (long i = 0; i < count; i++)
            {
                var key = from[i];
                to[offsets[(int)((key >> shift) & Mask)]++] = key;
            }
            var sorted = to;
            to = from;
            from = sorted;
            isHome = !isHome;
        }
        if (!isHome)
            from.CopyTo(keys);
    }
}
