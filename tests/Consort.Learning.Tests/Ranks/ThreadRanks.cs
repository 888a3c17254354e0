using System.Runtime.ExceptionServices;
using Consort.Foundation.Ranks;

namespace Consort.Learning.Tests.Ranks;

/// <summary>Ranks that are threads of one process: what they tell each other is handed over as it is.</summary>
internal sealed class ThreadRanks : IDisposable
{
    private readonly byte[][] _told;
    private readonly int[][] _lengths;
    private readonly Barrier _barrier;
    private readonly CancellationTokenSource _broken = new();

    private ThreadRanks(int count) => (_told, _lengths, _barrier) = (new byte[count][], new int[count][], new Barrier(count));

    /// <summary>Runs a piece of work on so many ranks, and gives what came of it on each.</summary>
    public static T[] Run<T>(int count, Func<IRanks, T> work)
    {
        using var ranks = new ThreadRanks(count);
        var results = new T[count];
        Exception? failure = null;
        var threads = Enumerable.Range(0, count).Select(rank => new Thread(() =>
        {
            try
            {
                results[rank] = work(new Member(ranks, rank));
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, e, null);
                ranks._broken.Cancel();
            }
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
        return results;
    }

    public void Dispose()
    {
        _barrier.Dispose();
        _broken.Dispose();
    }

    private sealed class Member(ThreadRanks ranks, int rank) : IRanks
    {
        public int Rank => rank;

        public int Count => ranks._told.Length;

        public void Gather(ReadOnlySpan<byte> own, Span<byte> all, ReadOnlySpan<int> lengths)
        {
            Assert.Equal(lengths[rank], own.Length);
            Tell(own, lengths);
            for (int from = 0, at = 0; from < Count; at += lengths[from++])
                ranks._told[from].CopyTo(all[at..]);
            Meet();
        }

        public void Exchange(
            ReadOnlySpan<byte> sent, ReadOnlySpan<int> sentLengths, Span<byte> received, ReadOnlySpan<int> receivedLengths)
        {
            Tell(sent, sentLengths);
            for (int from = 0, at = 0; from < Count; at += receivedLengths[from++])
            {
                Assert.Equal(receivedLengths[from], ranks._lengths[from][rank]);
                ranks._told[from].AsSpan(ranks._lengths[from].Take(rank).Sum(), receivedLengths[from]).CopyTo(received[at..]);
            }

            Meet();
        }

        public void Broadcast(Span<byte> bytes)
        {
            Tell(bytes, []);
            Assert.Equal(ranks._told[0].Length, bytes.Length);
            ranks._told[0].CopyTo(bytes);
            Meet();
        }

        private void Tell(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> lengths)
        {
            (ranks._told[rank], ranks._lengths[rank]) = (bytes.ToArray(), lengths.ToArray());
            Meet();
        }

        private void Meet() => ranks._barrier.SignalAndWait(ranks._broken.Token);
    }
}
