using Consort.Data.Datasets;

namespace Consort.Data.Batches;

/// <summary>
/// One of several parts of a split, which is left out. Of each so many rows in turn every part has one, drawn by a hash: parts are as equal
/// as can be, and each is spread over the whole split. Which part a row is of follows from its number and how many parts there are.
/// </summary>
/// <param name="Part">The part, 1 to <paramref name="Of"/>.</param>
/// <param name="Of">How many parts there are, 2 to 100.</param>
public readonly record struct LeftOut(int Part, int Of)
{
    private const ulong Stream = 0x6C6566746F7574; // no other order shall follow from it

    /// <summary>The part of a row, 1 to <paramref name="of"/>.</summary>
    /// <param name="row">Its number in the split.</param>
    /// <param name="of">How many parts there are.</param>
    public static int PartOf(long row, int of) => (int)((row % of + Turn(row / of, of)) % of) + 1;

    /// <summary>The rows of a split that are left.</summary>
    internal long Left(long rows)
    {
        var whole = rows / Of;
        return rows - whole - (Place(whole) < rows - whole * Of ? 1 : 0);
    }

    /// <summary>The number of a row that is left, among all rows of the split.</summary>
    /// <param name="left">Its number among those that are left.</param>
    internal long Row(long left)
    {
        var (turn, place) = Math.DivRem(left, Of - 1L);
        return turn * Of + place + (place < Place(turn) ? 0 : 1);
    }

    // Where the part's row stands among the rows of a turn.
    private long Place(long turn) => (Part - 1 - Turn(turn, Of) + Of) % Of;

    private static long Turn(long turn, int of) => (long)(KeyedHash.Mix(Stream, (ulong)turn) % (ulong)of);
}
