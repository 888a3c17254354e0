using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Consort.Foundation.Ranks;

/// <summary>
/// Records that ranks have for each other, for each another number: how many is told once, then records go there and back, each time of
/// another width where that is wanted. Nothing is allocated.
/// </summary>
public sealed class RecordExchange
{
    private readonly IRanks _ranks;
    private readonly int[] _ofCounts; // bytes
    private readonly int[] _sent; // bytes
    private readonly int[] _received;

    /// <summary>Lays out room.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="counts">Where the records for each rank are counted; null for room of its own.</param>
    public RecordExchange(IRanks ranks, int[]? counts = null)
    {
        (_ranks, Counts, Coming) = (ranks, counts ?? new int[ranks.Count], new int[ranks.Count]);
        (_sent, _received) = (new int[ranks.Count], new int[ranks.Count]);
        _ofCounts = [.. Enumerable.Repeat(sizeof(int), ranks.Count)];
    }

    /// <summary>Records for each rank, this one too: set before <see cref="Tell"/>.</summary>
    public int[] Counts { get; }

    /// <summary>Records that each rank has for this one, after <see cref="Tell"/>.</summary>
    public int[] Coming { get; }

    /// <summary>All that go.</summary>
    public int Total { get; private set; }

    /// <summary>All that come.</summary>
    public int ComingTotal { get; private set; }

    /// <summary>Tells the ranks how many records each gets.</summary>
    public void Tell()
    {
        _ranks.Exchange(MemoryMarshal.AsBytes(Counts.AsSpan()), _ofCounts, MemoryMarshal.AsBytes(Coming.AsSpan()), _ofCounts);
        (Total, ComingTotal) = (Sum(Counts), Sum(Coming));
    }

    /// <summary>Sends records to whom they are for, rank after rank.</summary>
    /// <param name="sent">The records.</param>
    /// <param name="received">Those of all ranks for this one.</param>
    /// <param name="width">Numbers of a record.</param>
    public void There<T>(NativeBuffer<T> sent, NativeBuffer<T> received, int width)
        where T : unmanaged => Run(sent, Counts, Total, received, Coming, ComingTotal, width);

    /// <summary>Answers each record that came, in the same order.</summary>
    /// <param name="sent">The answers.</param>
    /// <param name="received">Those to this rank's records.</param>
    /// <param name="width">Numbers of an answer.</param>
    public void Back<T>(NativeBuffer<T> sent, NativeBuffer<T> received, int width)
        where T : unmanaged => Run(sent, Coming, ComingTotal, received, Counts, Total, width);

    /// <summary>As <see cref="There{T}"/>, of records of so many bytes.</summary>
    /// <param name="sent">The records, no more than those that go.</param>
    /// <param name="received">Receives those that come.</param>
    /// <param name="length">Bytes of a record.</param>
    public void There(ReadOnlySpan<byte> sent, Span<byte> received, int length) =>
        Run(sent, Counts, received, Coming, length);

    private static int Sum(int[] counts)
    {
        var sum = 0;
        foreach (var count in counts)
            sum = checked(sum + count);
        return sum;
    }

    private void Run<T>(
        NativeBuffer<T> sent, int[] sentCounts, int sentTotal, NativeBuffer<T> received, int[] receivedCounts, int receivedTotal, int width)
        where T : unmanaged =>
        Run(MemoryMarshal.AsBytes(sent.Slice(0, checked(sentTotal * width))), sentCounts,
            MemoryMarshal.AsBytes(received.Slice(0, checked(receivedTotal * width))), receivedCounts,
            checked(width * Unsafe.SizeOf<T>()));

    private void Run(ReadOnlySpan<byte> sent, int[] sentCounts, Span<byte> received, int[] receivedCounts, int length)
    {
        for (var rank = 0; rank < _ranks.Count; rank++)
            (_sent[rank], _received[rank]) = (checked(sentCounts[rank] * length), checked(receivedCounts[rank] * length));
        _ranks.Exchange(sent, _sent, received, _received);
    }
}
