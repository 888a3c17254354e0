using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Tests.Sources;

public sealed class BlockPassTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A worker that finds the reader failed must not ask it again: it would find the end of the file, and say so.</summary>
    [Fact]
    public void Run_FileThatCannotBeRead_ManyThreadsSayWhatOneSays()
    {
        string path = _folder.File("d.tsv", "Click\tuser\n1\tu\n");
        var schema = new Schema { Header = true, Fields = [new Field("click", FieldKind.Label), new Field("user", FieldKind.Categorical)] };
        for (int i = 0; i < 60; i++)
        {
            using var reader = new BlockReader([path], schema, blockBytes: 1 << 12);
            using var start = new Barrier(8);
            IBlockWorker[] workers = [.. Enumerable.Range(0, 8).Select(_ => new Idle(start))];
            var error = Assert.Throws<ConsortException>(() => BlockPass.Run(reader, workers, _ => { }, () => { }, CancellationToken.None));
            Assert.StartsWith($"{path}:1: column \"Click\" is not in the schema", error.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Blocks are worked on side by side; of several that fail the earliest counts, also when the reader fails after them.</summary>
    [Fact]
    public void Run_BlocksThatFailInAnyOrder_TheEarliestIsThrown()
    {
        string path = _folder.File("d.tsv", string.Concat(Enumerable.Repeat("1\tuser\n", 4000)) + "1\t\"u");
        var schema = new Schema { Quoted = true, Fields = [new Field("click", FieldKind.Label), new Field("user", FieldKind.Categorical)] };
        for (int i = 0; i < 10; i++)
        {
            using var reader = new BlockReader([path], schema, blockBytes: 1 << 10);
            using var started = new CountdownEvent(3);
            IBlockWorker[] workers = [.. Enumerable.Range(0, 3).Select(_ => new Failing(started))];
            var error = Assert.Throws<ConsortException>(() => BlockPass.Run(reader, workers, _ => { }, () => { }, CancellationToken.None));
            Assert.Equal("block 0", error.Message);
        }
    }

    // All come to the reader at once.
    private sealed class Idle(Barrier start) : IBlockWorker
    {
        public void Prepare() => start.SignalAndWait(TimeSpan.FromSeconds(30));

        public void Process(Block block) { }
    }

    // Every worker has a block before any of them fails, and the earliest fails last.
    private sealed class Failing(CountdownEvent started) : IBlockWorker
    {
        public void Prepare() { }

        public void Process(Block block)
        {
            started.Signal();
            started.Wait(TimeSpan.FromSeconds(30));
            if (block.Index == 0) Thread.Sleep(20);
            throw new ConsortException($"block {block.Index}");
        }
    }
}
