using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Consort.Foundation.Ranks;

/// <summary>What ranks tell each other besides bytes.</summary>
public static class RankCalls
{
    /// <summary>Gives all what each has, equally much, in the order of ranks.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="own">What this one has, [n].</param>
    /// <param name="all">Receives that of all, [ranks, n].</param>
    /// <param name="lengths">Room for a whole number a rank.</param>
    public static void GatherEqual<T>(this IRanks ranks, ReadOnlySpan<T> own, Span<T> all, Span<int> lengths)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(own);
        lengths.Fill(bytes.Length);
        ranks.Gather(bytes, MemoryMarshal.AsBytes(all), lengths);
    }

    /// <summary>The same of a few numbers, for what is not asked at each step.</summary>
    public static T[] GatherEqual<T>(this IRanks ranks, ReadOnlySpan<T> own)
        where T : unmanaged
    {
        var all = new T[ranks.Count * own.Length];
        ranks.GatherEqual(own, all, new int[ranks.Count]);
        return all;
    }

    /// <summary>Gives all what each has, of unequal lengths, in the order of ranks.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="own">What this one has.</param>
    /// <param name="all">Receives that of all.</param>
    /// <param name="lengths">How many each has.</param>
    public static void GatherParts<T>(this IRanks ranks, ReadOnlySpan<T> own, Span<T> all, ReadOnlySpan<int> lengths)
        where T : unmanaged
    {
        var bytes = new int[lengths.Length];
        for (var rank = 0; rank < bytes.Length; rank++)
            bytes[rank] = checked(lengths[rank] * Unsafe.SizeOf<T>());
        ranks.Gather(MemoryMarshal.AsBytes(own), MemoryMarshal.AsBytes(all), bytes);
    }

    /// <summary>Gives all the text that each has, in the order of ranks.</summary>
    public static string[] GatherTexts(this IRanks ranks, string own)
    {
        var bytes = Encoding.UTF8.GetBytes(own);
        var lengths = ranks.GatherEqual<int>([bytes.Length]);
        var all = new byte[lengths.Sum()];
        ranks.Gather(bytes, all, lengths);
        var texts = new string[ranks.Count];
        for (int rank = 0, from = 0; rank < texts.Length; from += lengths[rank++])
            texts[rank] = Encoding.UTF8.GetString(all, from, lengths[rank]);
        return texts;
    }

    /// <summary>Gives all the text that rank 0 has; what others have does not count.</summary>
    public static string BroadcastText(this IRanks ranks, string own) =>
        Encoding.UTF8.GetString(ranks.BroadcastBytes(Encoding.UTF8.GetBytes(own)));

    /// <summary>Gives all the bytes that rank 0 has, of which it alone knows how many; what others have does not count.</summary>
    public static byte[] BroadcastBytes(this IRanks ranks, byte[] own)
    {
        int[] length = [own.Length];
        ranks.Broadcast(MemoryMarshal.AsBytes(length.AsSpan()));
        if (ranks.Rank > 0)
            own = new byte[length[0]];
        ranks.Broadcast(own);
        return own;
    }

    /// <summary>Returns when all have called it.</summary>
    public static void Meet(this IRanks ranks) => ranks.GatherEqual<byte>([0]);
}
