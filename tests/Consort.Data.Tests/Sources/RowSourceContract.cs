using System.Globalization;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Tests.Sources;

/// <summary>What holds of every source that has named columns: the same rows give the same bytes, in order, at any number of threads.</summary>
public abstract class RowSourceContract : IDisposable
{
    private const int Rows = 20_000;
    private readonly TempFolder _folder = new();

    private protected static Schema Clicks { get; } = new()
    {
        Header = true,
        Fields =
        [
            new Field("click", FieldKind.Label), new Field("user", FieldKind.Categorical), new Field("price", FieldKind.Numeric),
            new Field("note", FieldKind.Ignored), new Field("city", FieldKind.Categorical) { MinCount = 2 },
        ],
    };

    private protected TempFolder Folder => _folder;

    /// <summary>What reads the source.</summary>
    protected abstract SourceCatalogue Catalogue { get; }

    /// <summary>Writes columns of text, of which null is absent, and gives the place.</summary>
    protected abstract string Write(string name, string[] columns, IReadOnlyList<string?[]> rows);

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Encode_SameRowsAsText_SameBytes(int threads)
    {
        var rows = Some(Rows);
        var lines = rows.Select(r => string.Join('\t', r.Select(c => c ?? ""))).Prepend("click\tuser\tprice\tnote\tcity");
        var text = _folder.File("rows.tsv", string.Join('\n', lines) + "\n");
        Assert.Equal(Hash([text], "text", threads), Hash([Write("rows", Names, rows)], "other", threads));
    }

    [Fact]
    public void Read_ManyRows_ComeInOrderWithTheirPlaces()
    {
        var rows = Some(Rows);
        var place = Write("rows", Names, rows);
        var seen = SeenRows.Of(Catalogue, Clicks, place);
        Assert.Equal(rows.Count, seen.Count);
        for (var r = 0; r < rows.Count; r++)
        {
            Assert.Equal(rows[r][1], seen[r].Cells[1]);
            Assert.Equal(rows[r][4], seen[r].Cells[4]);
            Assert.EndsWith(string.Create(CultureInfo.InvariantCulture, $":{r + 1}"), seen[r].Place, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Identify_TheSameRowsTwice_SameHash_OtherRowsAnother()
    {
        var rows = Some(100);
        string first = HashOf(Write("one", Names, rows)), again = HashOf(Write("one", Names, rows));
        rows[99][1] = "somebody else";
        Assert.Equal(first, again);
        Assert.NotEqual(first, HashOf(Write("two", Names, rows)));
    }

    [Fact]
    public void Run_ALabelThatIsNone_SaysPlaceAndColumn()
    {
        var rows = Some(5000);
        rows[4321][0] = "perhaps";
        rows[4400][0] = "never";
        var place = Write("rows", Names, rows);
        var e = Assert.Throws<ConsortException>(() => Hash([place], "bad", threads: 3));
        Assert.StartsWith($"{SourcePlace.Show(place)}:4322, column click: found \"perhaps\", expected 0 or 1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ALabelOfNull_SaysPlaceAndColumn()
    {
        var rows = Some(10);
        rows[7][0] = null;
        var place = Write("rows", Names, rows);
        var e = Assert.Throws<ConsortException>(() => Hash([place], "bad", threads: 1));
        Assert.StartsWith($"{SourcePlace.Show(place)}:8, column click: found an empty cell, expected 0 or 1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AColumnThatIsMissing_NamesIt()
    {
        var place = Write("rows", ["click", "user", "cost", "city"], [["1", "u", "2", "x"]]);
        var e = Assert.Throws<ConsortException>(() => Hash([place], "bad", threads: 1));
        Assert.StartsWith(SourcePlace.Show(place), e.Message, StringComparison.Ordinal);
        Assert.Contains("column cost is not in the schema", e.Message.Replace("\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AColumnThatTheSecondPlaceLacks_NamesBothAndTheColumn()
    {
        var first = Write("one", ["click", "user", "price", "city"], [["1", "u", "2", "x"]]);
        var second = Write("two", ["click", "user", "price"], [["1", "u", "2"]]);
        var e = Assert.Throws<ConsortException>(() => Hash([first, second], "bad", threads: 1));
        Assert.Equal($"{SourcePlace.Show(second)}: column city is missing; {SourcePlace.Show(first)} has it", e.Message);
    }

    private protected string Hash(IReadOnlyList<string> places, string name, int threads, Schema? schema = null)
    {
        var request = new EncodeRequest(schema ?? Clicks, SplitPlan.Given(places), _folder.At(name), threads) { Sources = Catalogue };
        return EncodedDataset.ContentHashOf(DatasetEncoder.Encode(request).Folder);
    }

    private static string[] Names => ["click", "user", "price", "note", "city"];

    private string HashOf(string place)
    {
        using var pass = new RowPass([place], Clicks, catalogue: Catalogue);
        pass.Run([new SeenRows(Clicks)]);
        return pass.Identities().Single().Hash;
    }

    private static List<string?[]> Some(int count) => [.. Enumerable.Range(0, count).Select(i => new[]
    {
        i % 3 == 0 ? "1" : "0", string.Create(CultureInfo.InvariantCulture, $"u{i * 7919L % 1237}"),
        i % 11 == 0 ? null : (i % 97 / 8.0).ToString(CultureInfo.InvariantCulture), "passed over",
        i % 13 == 0 ? null : i % 17 == 0 ? "Zürich" : string.Create(CultureInfo.InvariantCulture, $"c{i % 29}"),
    })];
}
