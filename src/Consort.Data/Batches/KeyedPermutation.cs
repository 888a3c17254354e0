using System.Numerics;
using Consort.Data.Datasets;

namespace Consort.Data.Batches;

/// <summary>
/// A permutation of 0..n−1 drawn from a key, in constant memory: an alternating Feistel network over the next power of two, walked on until
/// the value lies within range (Black &amp; Rogaway 2002, cycle walking).
/// </summary>
internal readonly struct KeyedPermutation
{
    private const int Rounds = 6;

    private readonly ulong _count;
    private readonly ulong _key;
    private readonly int _rightBits;
    private readonly ulong _leftMask;
    private readonly ulong _rightMask;

    public KeyedPermutation(long count, ulong key)
    {
        _count = (ulong)count;
        _key = key;
        var bits = count <= 1 ? 0 : 64 - BitOperations.LeadingZeroCount((ulong)count - 1);
        _rightBits = (bits + 1) / 2;
        _rightMask = (1UL << _rightBits) - 1;
        _leftMask = (1UL << (bits / 2)) - 1;
    }

    /// <summary>Where the permutation sends a value.</summary>
    public long this[long value]
    {
        get
        {
            var x = (ulong)value;
            do
            {
                ulong left = x >> _rightBits, right = x & _rightMask;
                for (ulong round = 0; round < Rounds; round += 2)
                {
                    left ^= Round(right, round) & _leftMask;
                    right ^= Round(left, round + 1) & _rightMask;
                }
                x = (left << _rightBits) | right;
            }
            while (x >= _count);
            return (long)x;
        }
    }

    private ulong Round(ulong half, ulong round)
    {
        var x = (half + _key + round * 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 32)) * 0x94D049BB133111EB;
        return x ^ (x >> 32);
    }

    /// <summary>The key of a stream of numbers under a seed.</summary>
    public static ulong Key(ulong seed, ulong stream) => KeyedHash.Mix(seed, stream);
}
