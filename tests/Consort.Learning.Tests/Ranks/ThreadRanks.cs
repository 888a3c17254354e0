using System.Runtime.ExceptionServices;
using Consort.Foundation.Ranks;

namespace Consort.Learning.Tests.Ranks;

/// <summary>Ranks that are threads of one process: what they tell each other is handed over as it is.</summary>
internal sealed class ThreadRanks
{
    private readonly byte[][] _told;
    private readonly int[][] _lengths;
    private readonly Dictionary<(int Exchange, int From, int To), Queue<byte[]>> _underWay = [];
    private int _waiting;
    private int _meetings;
    private bool _isBroken;

    private ThreadRanks(int count) => (_told, _lengths) = (new byte[count][], new int[count][]);

    /// <summary>Runs a piece of work on so many ranks, and gives what came of it on each.</summary>
    public static T[] Run<T>(int count, Func<IRanks, T> work)
    {
        var ranks = new ThreadRanks(count);
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
                ranks.Break();
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

    // Threads that wait sleep at once: a machine with other work would take long to come back to those that spin.
    private void Meet()
    {
        lock (_told)
        {
            var meeting = _meetings;
            if (++_waiting == _told.Length)
            {
                (_waiting, _meetings) = (0, _meetings + 1);
                Monitor.PulseAll(_told);
            }

            while (meeting == _meetings && !_isBroken)
                Monitor.Wait(_told);
            if (meeting == _meetings)
                throw new OperationCanceledException("another rank failed");
        }
    }

    private void Break()
    {
        lock (_told)
        {
            _isBroken = true;
            Monitor.PulseAll(_told);
        }
    }

    private sealed class Member(ThreadRanks ranks, int rank) : IRanks
    {
        private int _prepared;

        public int Rank => rank;

        public int Count => ranks._told.Length;

        public void Gather(ReadOnlySpan<byte> own, Span<byte> all, ReadOnlySpan<int> lengths)
        {
            Assert.Equal(lengths[rank], own.Length);
            Tell(own, lengths);
            for (int from = 0, at = 0; from < Count; at += lengths[from++])
                ranks._told[from].CopyTo(all[at..]);
            ranks.Meet();
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

            ranks.Meet();
        }

        public void Broadcast(Span<byte> bytes)
        {
            Tell(bytes, []);
            Assert.Equal(ranks._told[0].Length, bytes.Length);
            ranks._told[0].CopyTo(bytes);
            ranks.Meet();
        }

        public IStandingExchange Prepare(IReadOnlyList<NativeBuffer<byte>> sent, IReadOnlyList<NativeBuffer<byte>> received) =>
            new Standing(ranks, rank, _prepared++, sent, received);

        private void Tell(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> lengths)
        {
            (ranks._told[rank], ranks._lengths[rank]) = (bytes.ToArray(), lengths.ToArray());
            ranks.Meet();
        }
    }
    // Each rank asks a few times in vain, others as often as it is their turn, as where messages are late.
    private sealed class Standing(
        ThreadRanks ranks, int rank, int number, IReadOnlyList<NativeBuffer<byte>> sent, IReadOnlyList<NativeBuffer<byte>> received)
        : IStandingExchange
    {
        private bool _isUnderWay;
        private int _asked;

        public void Start()
        {
            Assert.False(_isUnderWay);
            (_isUnderWay, _asked) = (true, 0);
            lock (ranks._told)
            {
                for (var to = 0; to < sent.Count; to++)
                    if (to != rank)
                        Messages(rank, to).Enqueue(sent[to].Span.ToArray());
                Monitor.PulseAll(ranks._told);
            }
        }

        public bool Test()
        {
            if (_isUnderWay && ++_asked > (rank + number) % 4)
                lock (ranks._told)
                    Take();
            return !_isUnderWay;
        }

        public void Wait()
        {
            lock (ranks._told)
                for (; _isUnderWay; Take())
                {
                    if (ranks._isBroken)
                        throw new OperationCanceledException("another rank failed");
                    if (!IsHere)
                        Monitor.Wait(ranks._told);
                }
        }

        public void Dispose() => Assert.False(_isUnderWay && !ranks._isBroken);

        private bool IsHere => Enumerable.Range(0, received.Count).All(from => from == rank || Messages(from, rank).Count > 0);

        private void Take()
        {
            if (!IsHere)
                return;
            for (var from = 0; from < received.Count; from++)
                if (from != rank)
                    Messages(from, rank).Dequeue().CopyTo(received[from].Span);
            _isUnderWay = false;
        }

        private Queue<byte[]> Messages(int from, int to) =>
            ranks._underWay.TryGetValue((number, from, to), out var queue) ? queue : ranks._underWay[(number, from, to)] = [];
    }
}
