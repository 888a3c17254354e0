using Consort.Data.Schemas;
using Consort.Foundation.Options;
using FsCheck;
using FsCheck.Fluent;
using nietras.SeparatedValues;

namespace Consort.Data.Tests.Sources;

/// <summary>Files of any cells, read here and by Sep, which knows nothing of this reader.</summary>
public sealed class PeerPropertyTests : IDisposable
{
    private const int Files = 150;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_QuotedFilesOfAnyCells_GivesTheCellsThatSepGives() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Files), Prop.ForAll(Tables(isQuoted: true).ToArbitrary(), Agree));

    [Fact]
    public void Read_PlainFilesOfAnyCells_GivesTheCellsThatSepGives() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Files), Prop.ForAll(Tables(isQuoted: false).ToArbitrary(), Agree));

    private void Agree(Table table)
    {
        var text = table.Text();
        var peer = new List<string[]>();
        using (var reader = Sep.New(table.Delimiter)
            .Reader(o => o with { HasHeader = false, Unescape = true, DisableQuotesParsing = !table.IsQuoted }).FromText(text))
        {
            foreach (var row in reader)
            {
                var cells = new string[row.ColCount];
                for (var i = 0; i < cells.Length; i++) cells[i] = row[i].ToString();
                peer.Add(cells);
            }
        }
        // What was written is what the peer reads, so that both are not wrong in the same way.
        Assert.Equal(table.Rows.Select(r => r.Select(c => c.Text)), peer);

        var schema = Schema.Load(OptionMap.Parse(
            $"delimiter: {table.DelimiterName}\nquoted: {(table.IsQuoted ? "true" : "false")}\nfields: [{{ name: label, kind: label }}, {{ name: c1..c2, kind: categorical }}]", "schema"));
        using var dataset = _folder.Encode(schema, _folder.File("rows", text), threads: 1);
        var found = Row.Of(dataset.Train).Select(r => (string[])[r.Label > 0 ? "1" : "0", .. r.Ids.Select(dataset.Encoder.Token)]);
        Assert.Equal(peer.Select(r => (string[])[r[0], .. r.Skip(1).Select(c => c == "" ? "(missing)" : c)]), found);
    }

    private static Gen<Table> Tables(bool isQuoted) =>
        from delimiter in Gen.Elements(',', ';', '\t', '|')
        from lineEnd in Gen.Elements("\n", "\r\n")
        from isClosed in Gen.Elements(true, false)
        from rows in Rows(isQuoted ? "ab ü,;\t|\"'\n\r#" : string.Concat("ab ü,;\t|\"'#".Where(c => c != delimiter)), delimiter)
        .NonEmptyListOf()
        select new Table(delimiter, lineEnd, isQuoted, isClosed, [.. rows]);

    private static Gen<Cell[]> Rows(string alphabet, char delimiter) =>
        from label in Gen.Elements("0", "1")
        from cells in Cells(alphabet, delimiter).ArrayOf(2)
        select (Cell[])[new Cell(label, false), .. cells];

    private static Gen<Cell> Cells(string alphabet, char delimiter) =>
        from text in Gen.Elements(alphabet.ToCharArray()).ArrayOf().Resize(8)
        from isQuoted in Gen.Elements(true, false)
        select new Cell(new string(text), isQuoted || text.Any(c => c is '"' or '\n' or '\r' || c == delimiter));

    private sealed record Cell(string Text, bool IsQuoted);

    private sealed record Table(char Delimiter, string LineEnd, bool IsQuoted, bool IsClosed, Cell[][] Rows)
    {
        public string DelimiterName => Delimiter switch { ',' => "comma", ';' => "semicolon", '\t' => "tab", _ => "pipe" };

        public string Text() => string.Join(LineEnd, Rows.Select(r => string.Join(Delimiter, r.Select(Written))))
            + (IsClosed ? LineEnd : "");

        public override string ToString() => Text();

        private string Written(Cell cell) =>
            IsQuoted && cell.IsQuoted ? $"\"{cell.Text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell.Text;
    }
}
