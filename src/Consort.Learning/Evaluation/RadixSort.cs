namespace Consort.Learning.Evaluation;

/// <summary>Least-significant-digit radix sort of 32-bit keys: three passes of 11, 11 and 10 bits, one counting pass for all.</summary>
internal static unsafe class RadixSort
{
    private const int Bits = 11;
    private const int Buckets = 1 << Bits;
    private const uint Mask = Buckets - 1;
    private const int Passes = 3;
    private const int SmallCount = 256;

    /// <summary>Sorts <paramref name="keys"/> ascending; <paramref name="scratch"/> has room for as many.</summary>
    public static void Sort(uint* keys, uint* scratch, long count)
    {
        if (count <= SmallCount)
        {
            new Span<uint>(keys, (int)count).Sort();
            return;
        }
        long* counts = stackalloc long[Passes * Buckets];
        new Span<long>(counts, Passes * Buckets).Clear();
        for (long i = 0; i < count; i++)
        {
            uint key = keys[i];
            counts[key & Mask]++;
            counts[Buckets + ((key >> Bits) & Mask)]++;
            counts[2 * Buckets + (key >> (2 * Bits))]++;
        }
        uint* from = keys;
        uint* to = scratch;
        for (int pass = 0; pass < Passes; pass++)
        {
            long* offsets = counts + pass * Buckets;
            int shift = pass * Bits;
            if (offsets[(from[0] >> shift) & Mask] == count)
            {
                continue; // all keys agree in this digit
            }
            long total = 0;
            for (int i = 0; i < Buckets; i++)
            {
                (offsets[i], total) = (total, total + offsets[i]);
            }
            for (long i = 0; i < count; i++)
            {
                uint key = from[i];
                to[offsets[(key >> shift) & Mask]++] = key;
            }
            uint* sorted = to;
            to = from;
            from = sorted;
        }
        if (from != keys)
        {
            Buffer.MemoryCopy(from, keys, count * sizeof(uint), count * sizeof(uint));
        }
    }
}
