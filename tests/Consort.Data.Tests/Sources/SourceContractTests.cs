using System.Text;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Tests.Sources;

/// <summary>A source that is no text takes the same pass, and its rows the same way into messages.</summary>
public sealed class SourceContractTests
{
    private static readonly Schema Clicks =
        new() { Fields = [new Field("click", FieldKind.Label), new Field("user", FieldKind.Categorical)] };

    [Fact]
    public void Run_ASourceOfOnesOwn_GivesAllRowsInOrder()
    {
        string[][] rows = [.. Enumerable.Range(0, 1000).Select(i => new[] { i % 2 == 0 ? "0" : "1", $"u{i}" })];
        using var pass = new RowPass(["list"], Clicks,
            catalogue: SourceCatalogue.BuiltIn.With(DataFormat.Delimited, r => new ListSource(r, rows)));
        var seen = new Users();
        pass.Run([seen]);
        Assert.Equal(rows.Select(r => r[1]), seen.Names);
        Assert.Equal(1000, pass.Rows);
        Assert.Equal(1000, pass.Identities().Single().Rows);
    }

    [Fact]
    public void Run_ACellThatIsRefused_IsFoundByTheSourcesOwnWords()
    {
        string[][] rows = [["0", "a"], ["1", "b"], ["0", "bad"]];
        using var pass = new RowPass(["list"], Clicks,
            catalogue: SourceCatalogue.BuiltIn.With(DataFormat.Delimited, r => new ListSource(r, rows)));
        var e = Assert.Throws<ConsortException>(() => pass.Run([new Users()]));
        Assert.StartsWith("list, item 2, column user: found \"bad\", expected something good", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AFormatThatNobodyReads_SaysWhichAreRead()
    {
        var none = new SourceCatalogue(
            new Dictionary<DataFormat, Func<SourceRequest, IRowSource>> { [DataFormat.Libsvm] = r => new PairSource(r) });
        var e = Assert.Throws<ConsortException>(() =>
            none.Open(new SourceRequest("x", Clicks, RowRules.Training, 1 << 12, CancellationToken.None)));
        Assert.Equal("x: nothing here reads format delimited, expected one of libsvm", e.Message);
    }

    // The bytes are the parser's affair here: Read only says which items.
    private sealed class ListSource(SourceRequest request, string[][] items) : IRowSource
    {
        private const int BlockRows = 300;
        private int _next;

        public Layout? Layout { get; private set; }

        public long Position => _next;

        public bool Read(Block block)
        {
            Layout ??= Layout.ByName(request.Path, request.Path, request.Schema, ["click", "user"], request.Rules, _ => null);
            (block.FirstPlace, block.Rows) = (_next, Math.Min(BlockRows, items.Length - _next));
            block.Length = block.Rows; // positions are items
            _next += block.Rows;
            return block.Rows > 0;
        }

        public RowParser Parser() => new ListParser(Layout!, items);

        public string Say(long place) => $"{request.Path}, item {place}";

        public SourceIdentity Identify(long rows) => new(request.Path, items.Length, 0, "", "", rows);

        public void Dispose() { }
    }

    private sealed class ListParser(Layout layout, string[][] items) : RowParser(layout)
    {
        public override long PlaceOf(Block block, RowGroup group, int row) => block.FirstPlace + group.Starts[row];

        protected override void Begin(Block block) => block.IsText = true;

        protected override int ParseRows(Block block, int position, RowGroup group)
        {
            var end = 0;
            for (; group.Rows < RowGroup.Capacity && position < block.Rows; group.Rows++, position++)
            {
                group.Starts[group.Rows] = position;
                for (var c = 0; c < 2; c++)
                {
                    var text = Encoding.UTF8.GetBytes(items[block.FirstPlace + position][c]);
                    text.CopyTo(block.Bytes[end..]);
                    group.CellsOf(c)[group.Rows] = new Cell { Start = end, Length = text.Length };
                    end += text.Length;
                }
            }
            return position;
        }
    }

    private sealed class Users : IRowConsumer
    {
        public List<string> Names { get; } = [];

        public void Take(RowCursor rows)
        {
            Look(rows, rows.Group.Rows);
            for (var r = 0; r < rows.Group.Rows; r++) Names.Add(Encoding.UTF8.GetString(rows.Group.Held(1)[r].Of(rows.Data)));
        }

        public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows) => [(1, count => Look(rows, count))];

        private static void Look(RowCursor rows, int count)
        {
            for (var r = 0; r < count; r++)
            {
                if (rows.Group.Held(1)[r].Of(rows.Data).SequenceEqual("bad"u8)) throw new CellError(r, "something good");
            }
        }
    }
}
