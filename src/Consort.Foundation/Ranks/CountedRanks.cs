using System.Diagnostics;

namespace Consort.Foundation.Ranks;

/// <summary>Counts what this rank sends to the others, and the time it spends in telling them and in waiting for them.</summary>
/// <param name="inner">Who does it.</param>
public sealed class CountedRanks(IRanks inner) : IRanks
{
    private long _ticks;

    /// <inheritdoc/>
    public int Rank => inner.Rank;

    /// <inheritdoc/>
    public int Count => inner.Count;

    /// <summary>Bytes that left this rank for another, each time they did.</summary>
    public long Bytes { get; private set; }

    /// <summary>Calls.</summary>
    public long Calls { get; private set; }

    /// <summary>Time within the calls.</summary>
    public double Seconds => (double)_ticks / Stopwatch.Frequency;

    /// <inheritdoc/>
    public void Gather(ReadOnlySpan<byte> own, Span<byte> all, ReadOnlySpan<int> lengths)
    {
        var start = Stopwatch.GetTimestamp();
        inner.Gather(own, all, lengths);
        Note(start, (long)own.Length * (Count - 1));
    }

    /// <inheritdoc/>
    public void Exchange(ReadOnlySpan<byte> sent, ReadOnlySpan<int> sentLengths, Span<byte> received, ReadOnlySpan<int> receivedLengths)
    {
        var start = Stopwatch.GetTimestamp();
        inner.Exchange(sent, sentLengths, received, receivedLengths);
        Note(start, sent.Length - sentLengths[Rank]);
    }

    /// <inheritdoc/>
    public void Broadcast(Span<byte> bytes)
    {
        var start = Stopwatch.GetTimestamp();
        inner.Broadcast(bytes);
        Note(start, Rank == 0 ? (long)bytes.Length * (Count - 1) : 0);
    }

    private void Note(long start, long bytes)
    {
        (Bytes, Calls) = (Bytes + bytes, Calls + 1);
        _ticks += Stopwatch.GetTimestamp() - start;
    }
}
