using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>What a <see cref="TokenTable"/> is asked: a token by its key, made before the slot it leads to is touched.</summary>
internal readonly struct TokenProbe
{
    /// <param name="key">Of the token.</param>
    /// <param name="cell">Where the token is.</param>
    /// <param name="row">Whose it is, for the caller.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TokenProbe(ulong key, Cell cell, int row = 0) => (Key, Hash, Cell, Row) = (key, Mix(key), cell, row);

    /// <summary>The bytes of a token of up to 8, zeros behind; the hash of a longer one.</summary>
    public ulong Key { get; }

    /// <summary>Its first bits are the slot to begin at.</summary>
    public ulong Hash { get; }

    /// <summary>Where the token is in its block.</summary>
    public Cell Cell { get; }

    /// <summary>Whose it is.</summary>
    public int Row { get; }

    /// <summary>Of a cell of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TokenProbe Of(ReadOnlySpan<byte> data, Cell cell, int row = 0) =>
        new(cell.Length <= 8 ? cell.Word(data) : XxHash3.HashToUInt64(data.Slice(cell.Start, cell.Length)), cell, row);

    /// <summary>Of a token by itself.</summary>
    public static TokenProbe Of(ReadOnlySpan<byte> token) => Of(token, new Cell { Length = token.Length });

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong key)
    {
        var (mixed, factor) = (key ^ 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93);
        // Two products in registers are faster than one whose halves go by way of memory.
        var high = Bmi2.X64.IsSupported ? Bmi2.X64.MultiplyNoFlags(mixed, factor) : Math.BigMul(mixed, factor, out _);
        return high ^ (mixed * factor);
    }
}
