using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Data.Tests.Sources;

namespace Consort.Data.DuckDb.Tests;

/// <summary>
/// Columns of DuckDB's type JSON, which <c>read_json</c> gives where values are of several types: they are what they mean.
/// </summary>
public sealed class DuckDbJsonTests : IDisposable
{
    private static readonly SourceCatalogue Catalogue = SourceCatalogue.BuiltIn.With(DuckDbRows.Kind);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("i30", "i30", "\"i30\"")]
    [InlineData("a\"b\\Zürich", "a\"b\\Zürich", """ "a\"b\\Z\u00fcrich" """)]
    [InlineData("😀", "😀", "\"\\ud83d\\ude00\"")]
    [InlineData("", "", "\"\"")]
    [InlineData("5", "5", "5")]
    [InlineData("1.0", "1.0", "1.0")]
    [InlineData("true", "true", "true")]
    [InlineData("false", "false", " false ")]
    [InlineData("null", "null", "\"null\"")]
    [InlineData(null, "", "null")]
    public void Read_JsonOfOneValue_IsWhatItMeans(string? text, string inList, string json)
    {
        var sql = $"'{json.Trim()}'::json";
        Assert.Equal(text, Cell(FieldKind.Categorical, sql));
        Assert.Equal(text, Cell(FieldKind.Sequence, sql));
        Assert.Equal($"x|{inList}|y", Cell(FieldKind.Sequence, $"['\"x\"'::json, {sql}, '\"y\"'::json]"));
        Assert.Equal($"x|{inList}|y", Cell(FieldKind.Sequence, $"'[\"x\",{json},\"y\"]'::json"));
        Assert.Equal(text is null ? "x|y" : $"x|{text}|y", Cell(FieldKind.List, $"'[\"x\",{json},\"y\"]'::json"));
    }

    [Fact]
    public void Read_AFileWhoseValuesAreOfSeveralTypes_GivesTheRowsOfATextFile()
    {
        var json = _folder.File("new.json", """
            [{"click": true, "item": "i30", "seen": ["i34", 8, null, "i\u0037"]},
             {"click": 0, "item": 5, "seen": [null]},
             {"click": 1, "item": true, "seen": []},
             {"click": 1, "item": null, "seen": null}]
            """);
        var text = _folder.File("new.tsv", "click\titem\tseen\ntrue\ti30\ti34|8||i7\n0\t5\t\n1\ttrue\t\n1\t\t\n");
        var schema = new Schema
        {
            Header = true,
            Fields = [new("click", FieldKind.Label), new("item", FieldKind.Categorical),
                new("seen", FieldKind.Sequence) { List = new FieldList() }],
        };
        IEnumerable<string> Rows(string place) =>
            SeenRows.Of(Catalogue, schema, place).Select(r => string.Join('\t', r.Cells.Select(c => c ?? "")));
        Assert.Equal(Rows(text), Rows($"sql:select click::json as click, item, seen from read_json('{json}')"));
    }

    [Theory]
    [InlineData("""'{"a": 1}'::json""", FieldKind.Categorical, "found the JSON object \"{\"a\": 1}\", expected a single value; take the part that is meant in a query, such as value->>'$.key', or cast it")]
    [InlineData("""'[1]'::json""", FieldKind.Numeric, "found the JSON array \"[1]\", expected a single value; take the part that is meant in a query, such as value->>'$[0]', or cast it")]
    [InlineData("""'{"a": 1}'::json""", FieldKind.List, "found the JSON object \"{\"a\": 1}\", expected a single value or an array of them; take")]
    [InlineData("""['1'::json, '[2]'::json]""", FieldKind.List, "found the JSON array \"[2]\", expected a single value; take")]
    [InlineData("""'[1, {"b": 2}]'::json""", FieldKind.Sequence, "found the JSON object \"[1, {\"b\": 2}]\", expected a single value or an array of them; take")]
    [InlineData("""'["a|b"]'::json""", FieldKind.List, "found \"|\", the field's splitter, in the value \"a|b\" of a list")]
    public void Read_JsonThatIsNoValue_SaysRowColumnAndWhatToDo(string value, FieldKind kind, string message)
    {
        var e = Assert.Throws<ConsortException>(() => Cell(kind, $"case when i = 2 then {value} end", 4));
        Assert.Contains($":3, column value: {message}", e.Message, StringComparison.Ordinal);
    }

    private static string? Cell(FieldKind kind, string value, int rows = 1)
    {
        var list = kind is FieldKind.List or FieldKind.Sequence ? new FieldList() : null;
        var schema = new Schema { Fields = [new Field("click", FieldKind.Label), new Field("value", kind) { List = list }] };
        return SeenRows.Of(Catalogue, schema, $"sql:select 1 as click, {value} as value from range({rows}) t(i)")[^1].Cells[1];
    }
}
