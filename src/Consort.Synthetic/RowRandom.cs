namespace Consort.Synthetic;

/// <summary>SplitMix64, started anew for each row: row i is the same whatever was generated before it.</summary>
internal struct RowRandom
{
    private ulong _state;

    public RowRandom(ulong seed, ulong row) => _state = Mix(Mix(seed) ^ (row * 0xD1342543DE82EF95UL));

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15UL;
        return Mix(_state);
    }

    /// <summary>The finaliser of SplitMix64, a bijection of 64 bits.</summary>
    public static ulong Mix(ulong x)
    {
        x ^= x >> 30;
        x *= 0xBF58476D1CE4E5B9UL;
        x ^= x >> 27;
        x *= 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }

    /// <summary>A bijection of 32 bits, so that the tokens of a field never collide.</summary>
    public static uint Mix(uint x)
    {
        x ^= x >> 16;
        x *= 0x85EBCA6B;
        x ^= x >> 13;
        x *= 0xC2B2AE35;
        return x ^ (x >> 16);
    }

    /// <summary>53 bits as a uniform number in [0, 1).</summary>
    public static double Unit(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));

    /// <summary>16 bits as a uniform number of mean 0 and variance 1.</summary>
    public static float Uniform(ulong bits) => ((bits & 0xFFFF) + 0.5f) * (2 * 1.7320508f / 65536) - 1.7320508f;
}
