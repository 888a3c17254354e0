using System.Globalization;
using System.Text.Json;
using Consort.Foundation.Numbers;
using Consort.Foundation.Tables;

namespace Consort.Foundation.Tests.Tables;

/// <summary>A table is declared once by its columns; every writer says the same of it.</summary>
public sealed class ResultTableTests
{
    private sealed record Row(string Name, double? Auc, int Rows);

    private static readonly Row[] Rows = [new("a|b", 0.71234567, 1234), new("<script>", double.NaN, 2), new("c, \"d\"", null, 3)];

    private static ResultTable Table => ResultTable.Of(
        Rows, new("run", r => r.Name, Key: "run"), new("AUC", r => r.Auc, "F4", "auc"), null,
        new("rows", r => r.Rows, "N0") { IsWide = true },
        new(null, r => r.Rows * 2, Key: "twice")) with
    { Marked = [0] };

    [Fact]
    public void Markdown_OfATable_AlignsEscapesAndMarks() => Assert.Equal(
        "| run | AUC | rows |\n| --- | ---: | ---: |\n| **a\\|b** | 0.7123 | 1,234 |\n| &lt;script> | – | 2 |\n| c, \"d\" |  | 3 |\n",
        MarkdownTable.Of(Table));

    [Fact]
    public void Markdown_SignsOfLess_StayWhereTheyBeginNoTag() =>
        Assert.Equal("p < 0.05, <0.001, &lt;b>, two lines", MarkdownTable.Line("p < 0.05, <0.001, <b>, two\nlines"));

    [Fact]
    public void Csv_OfATable_QuotesAndLeavesEmptyWhatIsNotKnown() =>
        Assert.Equal("run,AUC,rows\na|b,0.7123,\"1,234\"\n<script>,,2\n\"c, \"\"d\"\"\",,3\n", CsvTable.Of(Table));

    [Fact]
    public void Csv_WithoutAFormat_HoldsEveryDigit()
    {
        const double Third = 1.0 / 3;
        Assert.Equal($"value\n{Third.ToString("R", CultureInfo.InvariantCulture)}\n",
            CsvTable.Of(ResultTable.Of([Third], new ResultColumn<double>("value", v => v))));
    }

    [Fact]
    public void Json_OfATable_HoldsValuesByTheirKeysOnly()
    {
        var json = JsonSerializer.Serialize(JsonTable.Of(Table), JsonNumbers.In(new JsonSerializerOptions()));
        Assert.Equal("""[{"run":"a|b","auc":0.71234567,"twice":2468},{"run":"\u003Cscript\u003E","auc":null,"twice":4},{"run":"c, \u0022d\u0022","auc":null,"twice":6}]""", json);
    }

    [Fact]
    public void Narrow_OfATable_IsWhatATerminalShows()
    {
        Assert.Equal(["run", "AUC"], Table.Narrow.Columns.Select(c => c.Head));
        Assert.Equal(["run", "AUC", "rows"], Table.ForPeople.Columns.Select(c => c.Head));
        Assert.Equal(["c, \"d\"", "?"], (Table.Narrow with { Missing = "?" }).Texts(2));
    }
}
