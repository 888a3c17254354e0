using System.Diagnostics;

namespace Consort.Foundation.Ranks;

/// <summary>Counts what this rank sends to the others, and the time it spends in telling them and in waiting for them.</summary>
/// <param name="inner">Who does it.</param>
/// <param name="wire">What gradients are rounded to.</param>
public sealed class CountedRanks(IRanks inner, WirePrecision wire = WirePrecision.Float) : IRanks
{
    private long _ticks;

    /// <inheritdoc/>
    public int Rank => inner.Rank;

    /// <inheritdoc/>
    public int Count => inner.Count;

    /// <inheritdoc/>
    public WirePrecision Wire => wire;

    /// <summary>Bytes that left this rank for another, each time they did.</summary>
    public long Bytes { get; private set; }

    /// <summary>Calls in which all meet; what travels while they work is none.</summary>
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

    /// <inheritdoc/>
    public IStandingExchange Prepare(IReadOnlyList<NativeBuffer<byte>> sent, IReadOnlyList<NativeBuffer<byte>> received) =>
        new Standing(this, inner.Prepare(sent, received), sent.Where((_, rank) => rank != Rank).Sum(s => s.Length));

    private void Note(long start, long bytes)
    {
        (Bytes, Calls) = (Bytes + bytes, Calls + 1);
        _ticks += Stopwatch.GetTimestamp() - start;
    }
    private sealed class Standing(CountedRanks ranks, IStandingExchange exchange, long bytes) : IStandingExchange
    {
        public void Start()
        {
            var start = Stopwatch.GetTimestamp();
            exchange.Start();
            ranks._ticks += Stopwatch.GetTimestamp() - start;
            ranks.Bytes += bytes;
        }

        public bool Test()
        {
            var start = Stopwatch.GetTimestamp();
            var isDone = exchange.Test();
            ranks._ticks += Stopwatch.GetTimestamp() - start;
            return isDone;
        }

        public void Wait()
        {
            var start = Stopwatch.GetTimestamp();
            exchange.Wait();
            ranks._ticks += Stopwatch.GetTimestamp() - start;
        }

        public void Dispose() => exchange.Dispose();
    }
}
