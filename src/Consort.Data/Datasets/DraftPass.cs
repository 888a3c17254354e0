using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Consort.Data.Encoders;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>What one thread does with drafted rows.</summary>
internal interface IDraftConsumer
{
    /// <summary>Called before a block is taken; may wait.</summary>
    void Prepare() { }

    /// <summary>Takes the rows of a block.</summary>
    /// <param name="draft">Their drafts.</param>
    /// <param name="place">Where they come from.</param>
    void Take(DraftBlock draft, DraftPlace place);

    /// <summary>Called when all its rows were taken.</summary>
    void Finish(long block) { }
}

/// <summary>One pass over drafted rows, as <see cref="RowPass"/> is one over those of sources: blocks are taken in their order.</summary>
internal static class DraftPass
{
    private const int ReportMilliseconds = 100;

    /// <summary>Has all rows taken. Of several mistakes that of the first block is thrown.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="consumers">One for each thread.</param>
    /// <param name="progress">Told the share of the blocks that were taken, about ten times a second.</param>
    /// <param name="abort">Told that one has failed, to wake those that wait.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static void Run(DraftedRows rows, IReadOnlyList<IDraftConsumer> consumers, Action<double>? progress, Action? abort,
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

        bool Next(out long block)
        {
            lock (gate)
            {
                block = next;
                if (failure is not null || next >= rows.File.Blocks) return false;
                cancellation.ThrowIfCancellationRequested();
                next++;
                if (clock.ElapsedMilliseconds - reported < ReportMilliseconds) return true;
                reported = clock.ElapsedMilliseconds;
                progress?.Invoke((double)block / rows.File.Blocks);
                return true;
            }
        }

        void Work(IDraftConsumer consumer)
        {
            var at = long.MaxValue - 1;
            var draft = rows.Block();
            try
            {
                while (true)
                {
                    consumer.Prepare();
                    if (!Next(out var block)) return;
                    at = block;
                    rows.File.Read(rows.File[at], draft);
                    consumer.Take(draft, rows.File[at]);
                    consumer.Finish(at);
                    at = long.MaxValue - 1;
                }
            }
            catch (Exception e)
            {
                Fail(e, at);
            }
        }

        Thread[] threads = [.. consumers.Skip(1)
            .Select((c, i) => new Thread(() => Work(c)) { IsBackground = true, Name = $"drafts {i + 1}" })];
        foreach (var thread in threads) thread.Start();
        Work(consumers[0]);
        foreach (var thread in threads) thread.Join();
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
    }
}
