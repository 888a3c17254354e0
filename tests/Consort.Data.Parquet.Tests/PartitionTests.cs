using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Data.Tests.Sources;
using ParquetSharp;

namespace Consort.Data.Parquet.Tests;

/// <summary>Folders whose names are values: <c>day=2026-11-01/</c>.</summary>
public sealed class PartitionTests : IDisposable
{
    private static readonly SourceCatalogue Catalogue = SourceCatalogue.BuiltIn.With(ParquetRows.Kind);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_AFolderOfKeys_HasThemAsColumns()
    {
        Write("log/day=2026-11-02/site=a%2Fb/part-0.parquet", "u2");
        Write("log/day=2026-11-01/site=x/part-1.parquet", "u1");
        Write("log/day=2026-11-01/site=x/part-0.parquet", "u0");
        Write("log/day=__HIVE_DEFAULT_PARTITION__/site=/part-0.parquet", "u3");
        _folder.File("log/_SUCCESS", "");
        _folder.File("log/day=2026-11-01/site=x/.part-0.parquet.crc", "crc");
        _folder.File("log/_temporary/day=2026-11-01/part-9.parquet", "half");
        var schema = Schema(new Field("day", FieldKind.Categorical), new Field("site", FieldKind.Categorical));
        var rows = SeenRows.Of(Catalogue, schema, [.. Catalogue.Places(_folder.At("log"))]);
        Assert.Equal(
            [["0", "u0", "2026-11-01", "x"], ["0", "u1", "2026-11-01", "x"], ["0", "u2", "2026-11-02", "a/b"], ["0", "u3", null, ""]],
            rows.Select(r => r.Cells));
    }

    [Fact]
    public void Read_KeysThatTheSchemaDoesNotName_ArePassedOver()
    {
        Write("log/day=1/part-0.parquet", "u0");
        Assert.Equal(["0", "u0"], SeenRows.Of(Catalogue, Schema(), [.. Catalogue.Places(_folder.At("log"))]).Single().Cells);
    }

    [Fact]
    public void ColumnsOf_AFileBelowKeys_HasThem()
    {
        var path = Write("log/day=1/part-0.parquet", "u0");
        Assert.Equal([new SourceColumn("click", "yes or no"), new SourceColumn("user", "text"), new SourceColumn("day", "text")], Catalogue.ColumnsOf(path)!);
    }

    private static Schema Schema(params Field[] more) => new() { Fields = [new Field("click", FieldKind.Label), new Field("user", FieldKind.Categorical), .. more] };

    private string Write(string name, string user)
    {
        var path = _folder.At(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var writer = new ParquetFileWriter(path, [new Column<bool>("click"), new Column<string>("user")]);
        using var group = writer.AppendRowGroup();
        using (var column = group.NextColumn().LogicalWriter<bool>()) column.WriteBatch([false]);
        using (var column = group.NextColumn().LogicalWriter<string>()) column.WriteBatch([user]);
        writer.Close();
        return path;
    }
}
