using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Tests.Sources;

public sealed class RowPassTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A worker that finds the reader failed must not ask it again: it would find the end of the file, and say so.</summary>
    [Fact]
    public void Run_FileThatCannotBeRead_ManyThreadsSayWhatOneSays()
    {
        var path = _folder.File("d.tsv", "Click\tuser\n1\tu\n");
        var schema = new Schema { Header = true, Fields = [new Field("click", FieldKind.Label), new Field("user", FieldKind.Categorical)] };
        for (var i = 0; i < 60; i++)
        {
            using var pass = new RowPass([path], schema, blockBytes: 1 << 12);
            using var start = new Barrier(8);
            IRowConsumer[] workers = [.. Enumerable.Range(0, 8).Select(_ => new Idle(start))];
            var error = Assert.Throws<ConsortException>(() => pass.Run(workers));
            Assert.StartsWith($"{path}:1: column \"Click\" is not in the schema", error.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>
    /// Blocks are worked on side by side; of several that fail the earliest counts, also when the reader fails after them.
    /// </summary>
    [Fact]
    public void Run_BlocksThatFailInAnyOrder_TheEarliestIsThrown()
    {
        var path = _folder.File("d.tsv", string.Concat(Enumerable.Repeat("1\tuser\n", 4000)) + "1\t\"u");
        var schema = new Schema { Quoted = true, Fields = [new Field("click", FieldKind.Label), new Field("user", FieldKind.Categorical)] };
        for (var i = 0; i < 10; i++)
        {
            using var pass = new RowPass([path], schema, blockBytes: 1 << 10);
            using var started = new CountdownEvent(3);
            IRowConsumer[] workers = [.. Enumerable.Range(0, 3).Select(_ => new Failing(started))];
            var error = Assert.Throws<ConsortException>(() => pass.Run(workers));
            Assert.Equal("block 0", error.Message);
        }
    }

    // All come to the reader at once.
    private sealed class Idle(Barrier start) : IRowConsumer
    {
        public void Prepare() => start.SignalAndWait(TimeSpan.FromSeconds(30));

        public void Take(RowCursor rows) { }

        public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows) => [];
    }

    // Every worker has a block before any of them fails, and the earliest fails last.
    private sealed class Failing(CountdownEvent started) : IRowConsumer
    {
        public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows) => [];

        public void Take(RowCursor rows)
        {
            started.Signal();
            started.Wait(TimeSpan.FromSeconds(30));
            if (rows.Block.Index == 0) Thread.Sleep(20);
            throw new ConsortException($"block {rows.Block.Index}");
        }
    }
}
