using System.Text;

namespace Consort.Foundation.Numbers;

/// <summary>
/// Random numbers by counter: number i of a stream is a hash of (seed, stream, i), so any part can be drawn again, in any order and on any
/// thread, with nothing to save but the seed.
/// </summary>
public readonly struct CounterRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private readonly ulong _key;

    /// <summary>Opens a stream.</summary>
    public CounterRandom(ulong seed, ulong stream) => _key = Mix(Mix(seed + Golden) ^ (stream * 0xD1342543DE82EF95));

    /// <summary>Opens the stream of a name, the same on every machine.</summary>
    public CounterRandom(ulong seed, string stream) : this(seed, Hash(stream)) { }

    /// <summary>64 random bits.</summary>
    public ulong Bits(ulong index) => Mix(_key + (index * Golden));

    /// <summary>Uniform in [0, 1).</summary>
    public double Uniform(ulong index) => (Bits(index) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Standard normal, by Box and Muller from two uniforms.</summary>
    public double Normal(ulong index)
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - Uniform(2 * index)));
        return radius * Math.Cos(2 * Math.PI * Uniform((2 * index) + 1));
    }

    // The finaliser of SplitMix64 (Steele, Lea and Flood 2014): every input bit reaches every output bit.
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    // FNV-1a over UTF-8: short, and stable across runs, which string.GetHashCode is not.
    private static ulong Hash(string text)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var b in Encoding.UTF8.GetBytes(text))
            hash = (hash ^ b) * 0x100000001B3;
        return hash;
    }
}
