using System.Runtime.InteropServices;
using System.Text;

namespace Consort.Foundation.Ranks;

/// <summary>What ranks tell each other besides bytes.</summary>
public static class RankCalls
{
    private const int MostAtOnce = 1 << 28;

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
    public static string BroadcastText(this IRanks ranks, string own)
    {
        var bytes = Encoding.UTF8.GetBytes(own);
        int[] length = [bytes.Length];
        ranks.Broadcast(MemoryMarshal.AsBytes(length.AsSpan()));
        if (ranks.Rank > 0)
            bytes = new byte[length[0]];
        ranks.Broadcast(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Gives all the numbers that rank 0 has, however many.</summary>
    public static void Broadcast(this IRanks ranks, NativeBuffer<float> numbers)
    {
        for (long from = 0; from < numbers.Length; from += MostAtOnce)
            ranks.Broadcast(MemoryMarshal.AsBytes(numbers.Slice(from, (int)Math.Min(MostAtOnce, numbers.Length - from))));
    }

    /// <summary>Returns when all have called it.</summary>
    public static void Meet(this IRanks ranks) => ranks.GatherEqual<byte>([0]);
}
