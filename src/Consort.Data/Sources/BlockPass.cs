using System.Diagnostics;

namespace Consort.Data.Sources;

/// <summary>What one thread does with the blocks it takes.</summary>
internal interface IBlockWorker
{
    /// <summary>Called before a block is taken; may wait.</summary>
    void Prepare();

    /// <summary>Works on one block.</summary>
    void Process(Block block);
}

/// <summary>Goes over all blocks of a reader with several workers. Reading is one at a time, in order; work is in parallel.</summary>
internal static class BlockPass
{
    /// <summary>Runs the pass; of several failures the one of the earliest block is thrown.</summary>
    public static void Run(BlockReader reader, IReadOnlyList<IBlockWorker> workers, Action<long> progress, Action abort, CancellationToken cancellation)
    {
        var gate = new Lock();
        long failedBlock = long.MaxValue;
        Exception? failure = null;
        var clock = Stopwatch.StartNew();
        long reported = 0;

        void Work(IBlockWorker worker)
        {
            using var block = new Block();
            while (true)
            {
                try
                {
                    // Failing before a block is taken counts as later than failing within any block.
                    block.Index = long.MaxValue - 1;
                    worker.Prepare();
                    lock (gate)
                    {
                        if (failure is not null) return;
                        cancellation.ThrowIfCancellationRequested();
                        // A file that cannot be read on fails where the next block would be. It is noted before anybody else may read.
                        block.Index = reader.NextIndex;
                        try
                        {
                            if (!reader.Read(block)) return;
                        }
                        catch (Exception e)
                        {
                            (failure, failedBlock) = (e, block.Index);
                            throw;
                        }
                        if (clock.ElapsedMilliseconds - reported >= 100)
                        {
                            reported = clock.ElapsedMilliseconds;
                            progress(reader.Position);
                        }
                    }
                    worker.Process(block);
                }
                catch (Exception e)
                {
                    lock (gate)
                    {
                        if (failure is null || block.Index < failedBlock)
                        {
                            failure = e;
                            failedBlock = block.Index;
                        }
                    }
                    abort();
                    return;
                }
            }
        }

        var threads = new Thread[workers.Count - 1];
        for (int i = 0; i < threads.Length; i++)
        {
            IBlockWorker worker = workers[i + 1];
            threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"encode {i + 1}" };
            threads[i].Start();
        }
        Work(workers[0]);
        foreach (Thread thread in threads) thread.Join();
        if (failure is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }
}
