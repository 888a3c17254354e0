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
    /// <summary>Has all rows taken. Of several mistakes that of the first block is thrown.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="consumers">One for each thread.</param>
    /// <param name="progress">Told the share of the blocks that were taken, about ten times a second.</param>
    /// <param name="abort">Told that one has failed, to wake those that wait.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static void Run(DraftedRows rows, IReadOnlyList<IDraftConsumer> consumers, Action<double>? progress, Action? abort,
        CancellationToken cancellation) =>
        BlockCrew.Run("drafts", consumers.Count, i => new Worker(rows, consumers[i]),
            progress is null ? null : block => progress((double)block / rows.File.Blocks), abort, cancellation);

    private sealed class Worker(DraftedRows rows, IDraftConsumer consumer) : IBlockWorker
    {
        private readonly DraftBlock _draft = rows.Block();
        private long _block;

        public void Prepare() => consumer.Prepare();

        public bool Take(long block)
        {
            _block = block;
            return block < rows.File.Blocks;
        }

        public void Work()
        {
            var place = rows.File[_block];
            rows.File.Read(place, _draft);
            consumer.Take(_draft, place);
            consumer.Finish(_block);
        }

        public void Dispose()
        {
        }
    }
}
