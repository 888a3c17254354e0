using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Data.Tests.Sources;
using ParquetSharp;

namespace Consort.Data.Parquet.Tests;

/// <summary>Lists of values, which become the text that a file of text has: values with the field's splitter between them.</summary>
public sealed class ParquetListTests : IDisposable
{
    private static readonly SourceCatalogue Catalogue = SourceCatalogue.BuiltIn.With(ParquetRows.Kind);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_Lists_AreJoinedByTheSplitter()
    {
        Assert.Equal(["a|b", "", null, "c", "Zürich|d"], Cells<string[]?>([["a", "b"], [], null, ["c"], ["Zürich", "d"]], "|"));
        Assert.Equal(["1^-2^3", "4"], Cells<int[]>([[1, -2, 3], [4]], "^", FieldKind.Sequence));
        Assert.Equal(["0.5::2", "7"], Cells<double?[]>([[0.5, null, 2], [null, 7]], "::"));
    }

    // As the same rows of a text say them, so that sequences side by side keep step.
    [Fact]
    public void Read_NullInASequence_KeepsItsPlace()
    {
        Assert.Equal(["a||b", "|b", "", null, "", "b|", "|"], Cells<string?[]?>(
            [["a", null, "b"], [null, "b"], [null], null, [], ["b", null], [null, null]], "|", FieldKind.Sequence));
        Assert.Equal(["::7", "7::"], Cells<int?[]>([[null, 7], [7, null]], "::", FieldKind.Sequence));
    }

    [Fact]
    public void Read_Json_IsWhatItMeans()
    {
        var path = _folder.At("json.parquet");
        using (var writer = new ParquetFileWriter(
            path, [new Column<string?>("tags", LogicalType.Json()), new Column<string?[]>("seen", LogicalType.Json()), new Column<bool>("click")]))
        {
            using var group = writer.AppendRowGroup();
            using (var column = group.NextColumn().LogicalWriter<string?>())
                column.WriteBatch(["\"i\\u0037\"", "5", "null", null, "[1, null, \"b\"]", "{}"]);
            using (var column = group.NextColumn().LogicalWriter<string?[]>())
                column.WriteBatch([["\"a\"", "8"], ["null", "true"], [null, "1"], [], [], []]);
            using (var column = group.NextColumn().LogicalWriter<bool>()) column.WriteBatch(new bool[6]);
            writer.Close();
        }
        var schema = Schema("|", FieldKind.Sequence);
        schema = schema with { Fields = [.. schema.Fields, schema.Fields[1] with { Name = "seen" }] };
        var e = Assert.Throws<ConsortException>(() => SeenRows.Of(Catalogue, schema, path));
        Assert.StartsWith($"{path}:6, column tags: found the JSON object \"{{}}\", expected a single value or an array of them; take", e.Message, StringComparison.Ordinal);
        schema = schema with { Fields = [schema.Fields[0], schema.Fields[1] with { Kind = FieldKind.Ignored, List = null }, schema.Fields[2]] };
        Assert.Equal(["a|8", "|true", "|1", "", "", ""], SeenRows.Of(Catalogue, schema, path).Select(r => r.Cells[2]));
    }

    [Fact]
    public void Read_OneValueWhereAListIsMeant_IsAListOfOne() => Assert.Equal(["5", null, "a|b"], Cells<string?>(["5", null, "a|b"], "|"));

    [Theory]
    [InlineData("|", "b|c")]
    [InlineData("::", "b::c")]
    [InlineData("::", "b:")] // and the splitter behind it, of which the first colon would be taken
    public void Read_AValueThatTheSplitterWouldCut_IsAMistakeInItsRow(string splitter, string value)
    {
        var path = Write<string[]>([["a"], ["a", value, "c"], ["d"]]);
        var e = Assert.Throws<ConsortException>(() => SeenRows.Of(Catalogue, Schema(splitter), path));
        Assert.Equal($"{path}:2, column tags: found \"{splitter}\", the field's splitter, in the value \"{value}\" of a list, expected values without it; choose another splitter", e.Message);
    }

    // Lists that go over the ends of pages, of batches of levels and of blocks.
    [Fact]
    public void Read_ManyListsOfOddLengths_AreEachInItsRow()
    {
        int[][] lists = [.. Enumerable.Range(0, 40_000).Select(i => Enumerable.Range(i, i % 1000 == 7 ? 5000 : i * 7 % 11).ToArray())];
        Assert.Equal(lists.Select(l => string.Join('|', l)), Cells(lists, "|"));
    }

    [Fact]
    public void Read_ListsOfLists_AreRefused()
    {
        var path = Write<int[][]>([[[1], [2]]]);
        Assert.StartsWith($"{path}: column tags holds lists of lists or structs, expected one value a row, or a list of them",
            Assert.Throws<ConsortException>(() => SeenRows.Of(Catalogue, Schema("|"), path)).Message, StringComparison.Ordinal);
    }

    private IEnumerable<string?> Cells<T>(T[] values, string splitter, FieldKind kind = FieldKind.List) =>
        SeenRows.Of(Catalogue, Schema(splitter, kind), Write(values)).Select(r => r.Cells[1]);

    private static Schema Schema(string splitter, FieldKind kind = FieldKind.List) => new()
    {
        Fields = [new Field("click", FieldKind.Label), new Field("tags", kind) { List = new FieldList { Splitter = new Delimiter(splitter) } }],
    };

    private string Write<T>(T[] values)
    {
        var path = _folder.At("lists.parquet");
        using var writer = new ParquetFileWriter(path, [new Column<T>("tags"), new Column<bool>("click")]);
        using var group = writer.AppendRowGroup();
        using (var column = group.NextColumn().LogicalWriter<T>()) column.WriteBatch(values);
        using (var column = group.NextColumn().LogicalWriter<bool>()) column.WriteBatch(new bool[values.Length]);
        writer.Close();
        return path;
    }
}
