using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Consort.Data.Sources;

/// <summary>What one thread of a crew does.</summary>
internal interface IBlockWorker : IDisposable
{
    /// <summary>Called before a block is taken; may wait.</summary>
    void Prepare();

    /// <summary>Takes the next block; false at the end. One worker is asked at a time, in the order of the blocks.</summary>
    bool Take(long block);

    /// <summary>Does what is to be done with the block that it took.</summary>
    void Work();
}

/// <summary>Blocks taken in order and worked on by several threads. Of several mistakes that of the first block is thrown.</summary>
internal static class BlockCrew
{
    private const int ReportMilliseconds = 100;
    private const long NoBlock = long.MaxValue - 1; // failing before a block is taken counts as later than failing within any

    /// <summary>Has all blocks worked on.</summary>
    /// <param name="name">What the threads are called.</param>
    /// <param name="workers">How many threads.</param>
    /// <param name="make">Makes the worker of a thread, on it.</param>
    /// <param name="progress">Told the number of a block that was taken, about ten times a second.</param>
    /// <param name="abort">Told that one has failed, to wake those that wait.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static void Run(string name, int workers, Func<int, IBlockWorker> make, Action<long>? progress, Action? abort,
        CancellationToken cancellation)
    {
        var gate = new Lock();
        var (next, failedBlock, failure) = (0L, long.MaxValue, (Exception?)null);
        var clock = Stopwatch.StartNew();
        long reported = 0;

        void Fail(Exception e, long block)
        {
            lock (gate)
            {
                if (failure is null || block < failedBlock) (failure, failedBlock) = (e, block);
            }
            abort?.Invoke();
        }

        bool Take(IBlockWorker worker, out long block)
        {
            lock (gate)
            {
                block = NoBlock;
                if (failure is not null) return false;
                cancellation.ThrowIfCancellationRequested();
                // What cannot be read on fails where the next block would be. It is noted before anybody else may read.
                block = next;
                try
                {
                    if (!worker.Take(block)) return false;
                }
                catch (Exception e)
                {
                    Fail(e, block);
                    return false;
                }
                next++;
                if (clock.ElapsedMilliseconds - reported < ReportMilliseconds) return true;
                reported = clock.ElapsedMilliseconds;
                progress?.Invoke(block);
                return true;
            }
        }

        void Work(int at)
        {
            var block = NoBlock;
            try
            {
                using var worker = make(at);
                while (true)
                {
                    worker.Prepare();
                    if (!Take(worker, out block)) return;
                    worker.Work();
                    block = NoBlock;
                }
            }
            catch (Exception e)
            {
                Fail(e, block);
            }
        }

        Thread[] threads = [.. Enumerable.Range(1, workers - 1)
            .Select(i => new Thread(() => Work(i)) { IsBackground = true, Name = $"{name} {i}" })];
        foreach (var thread in threads) thread.Start();
        Work(0);
        foreach (var thread in threads) thread.Join();
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
    }
}
