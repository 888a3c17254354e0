using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace Consort.Data.Growth;

/// <summary>
/// How often tokens without an id have come, from update to update, in memory of a fixed size: a counting Bloom filter. A token has four
/// counters, and its count is the least of them, never below what it is and seldom above. Sources: Fan et al. 2000; for raising the least
/// counters alone Estan and Varghese 2002.
/// </summary>
public sealed class WaitingTokens
{
    private const int Hashes = 4, HashBytes = 16;
    private const int One = 16; // a row in the counters' unit, so that decay does not take a rare token's whole count at once
    private readonly ushort[] _counters;

    /// <summary>Nothing has come yet.</summary>
    /// <param name="megabytes">What the counters take, at least 1.</param>
    public WaitingTokens(int megabytes) : this(new ushort[(long)megabytes << 19])
    {
    }

    private WaitingTokens(ushort[] counters) => _counters = counters;

    /// <summary>What the counters take.</summary>
    public int Megabytes => _counters.Length >> 19;

    /// <summary>What tells the tokens of a column from those of others.</summary>
    internal static long SeedOf(string column) => (long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(column));

    /// <summary>The key of a token.</summary>
    /// <param name="seed">Of its column.</param>
    /// <param name="token">Its bytes.</param>
    internal static ulong KeyOf(long seed, ReadOnlySpan<byte> token) => XxHash3.HashToUInt64(token, seed);

    /// <summary>How often a token has come, decayed; 4,095 at the most.</summary>
    internal int CountOf(ulong key) => Least(key) / One;

    /// <summary>Counts a token.</summary>
    internal void Add(ulong key, int rows)
    {
        var count = (ushort)Math.Min(ushort.MaxValue, Least(key) + ((long)rows * One));
        for (var i = 0; i < Hashes; i++)
        {
            ref var counter = ref _counters[PlaceOf(key, i)];
            counter = Math.Max(counter, count);
        }
    }

    /// <summary>A copy in which all that has come counts so much less.</summary>
    internal WaitingTokens Decayed(double share) => new(Array.ConvertAll(_counters, c => (ushort)(c * share)));

    /// <summary>Writes counters and their checksum.</summary>
    public void Write(Stream stream)
    {
        var bytes = MemoryMarshal.AsBytes(_counters.AsSpan());
        stream.Write(XxHash128.Hash(bytes));
        stream.Write(bytes);
    }

    /// <summary>Reads what was written; null where it is damaged.</summary>
    public static WaitingTokens? Read(ReadOnlySpan<byte> content) =>
        content.Length > HashBytes && (content.Length - HashBytes) % (1 << 20) == 0
        && XxHash128.Hash(content[HashBytes..]).AsSpan().SequenceEqual(content[..HashBytes])
            ? new(MemoryMarshal.Cast<byte, ushort>(content[HashBytes..]).ToArray()) : null;

    private ushort Least(ulong key)
    {
        var least = ushort.MaxValue;
        for (var i = 0; i < Hashes; i++)
            least = Math.Min(least, _counters[PlaceOf(key, i)]);
        return least;
    }

    // Two halves of one hash make all places: Kirsch and Mitzenmacher 2006.
    private int PlaceOf(ulong key, int hash) =>
        (int)(((key & uint.MaxValue) + ((ulong)hash * ((key >> 32) | 1))) % (ulong)_counters.Length);
}
