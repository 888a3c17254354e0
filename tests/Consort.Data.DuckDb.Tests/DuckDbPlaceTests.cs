using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Data.Tests.Sources;
using Consort.Foundation.Options;

namespace Consort.Data.DuckDb.Tests;

/// <summary>How a query or a table is named, in texts and in files, and what is said where that fails.</summary>
public sealed class DuckDbPlaceTests : IDisposable
{
    private static readonly SourceCatalogue Catalogue = SourceCatalogue.BuiltIn.With(DuckDbRows.Kind);
    private static readonly Catalogues Names = Catalogues.Default.With(Catalogue);

    private static readonly Schema Schema =
        new() { Fields = [new Field("click", FieldKind.Label), new Field("user", FieldKind.Categorical)] };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("sql:select 1 # 2 ? 3")]
    [InlineData("sql:?memory_mb=512#select '#'")]
    [InlineData("sql:?database=/a%23b.db&folder=/c%20d&memory_mb=512&threads=2#select '#'", "sql:?database=/a%23b.db&folder=/c d&memory_mb=512&threads=2#select '#'")]
    [InlineData("duckdb:a/b c.db?threads=3#main.clicks")]
    public void Parse_APlace_IsWrittenTheSameWay(string text, string? written = null) => Assert.Equal(written ?? text, DuckDbPlace.Parse(text).ToString());

    [Theory]
    [InlineData("sql:?folder=/a/b&threads=2#select '#?'", "sql:select '#?'")]
    [InlineData("sql:select 1 # 2 ? 3", "sql:select 1 # 2 ? 3")]
    [InlineData("duckdb:a/b.db?threads=3#clicks", "duckdb:a/b.db#clicks")]
    [InlineData("duckdb:a/b.db#cli?cks", "duckdb:a/b.db#cli?cks")]
    public void Show_APlace_LeavesItsOptionsOut(string place, string shown) => Assert.Equal(shown, SourcePlace.Show(place));

    [Theory]
    [InlineData("duckdb:file.db", "duckdb:file.db: expected duckdb:FILE#TABLE")]
    [InlineData("duckdb:file.db#", "duckdb:file.db#: found nothing, expected the name of a table")]
    [InlineData("sql: ", "sql: : found nothing, expected a query")]
    [InlineData("sql:?memory=3#select 1", "unknown key \"memory\"; did you mean \"memory_mb\"?")]
    [InlineData("sql:?memory_mb=3#select 1", "sql:?memory_mb=3#select 1, key memory_mb: found 3, expected 64 to 10000000")]
    [InlineData("sql:?memori=3#select 1", "sql:?memori=3#select 1: unknown key \"memori\"")]
    [InlineData("duckdb:p/w.db?threads=x#t", "duckdb:p/w.db?threads=x#t, key threads: found \"x\"")]
    [InlineData("sql:?threads#select 1", "found \"threads\", expected options such as memory_mb=4096")]
    public void Parse_AMistake_SaysWhatIsExpected(string text, string message) =>
        Assert.Contains(message, Assert.Throws<ConsortException>(() => DuckDbPlace.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Places_OfAFile_AreInFull()
    {
        var map = OptionMap.Parse("""
            train:
              - { sql: "select 1", memory_mb: 512 }
              - { duckdb: logs/c.db, table: clicks, threads: 1 }
              - "sql:select 2"
            """, "exp.yaml", Names);
        Assert.Equal(["sql:?folder=/data&memory_mb=512#select 1", "duckdb:/data/logs/c.db?threads=1#clicks", "sql:?folder=/data#select 2"],
            SplitPlan.Places(map, "train", "/data"));
    }

    [Theory]
    [InlineData("train: { sql: 'select 1', duckdb: a.db }", "exp.yaml:1, key duckdb: found beside sql")]
    [InlineData("train: { duckdb: a.db }", "exp.yaml:1, key table: found nothing, expected a text")]
    [InlineData("train: { sql: 'select 1', memory: 3 }", "exp.yaml:1: unknown key \"memory\"; did you mean \"memory_mb\"?")]
    [InlineData("train: { query: 'select 1' }", "exp.yaml:1: found keys and values that name no source, expected one of sql, duckdb, or a text")]
    public void Places_OfAFileWithAMistake_SayTheLine(string yaml, string message) =>
        Assert.StartsWith(message, Assert.Throws<ConsortException>(
            () => SplitPlan.Places(OptionMap.Parse(yaml, "exp.yaml", Names), "train", "/data")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("sql:select 1")]
    [InlineData("duckdb:a.db#t")]
    public void Places_WithoutThePackage_SayWhichIsMissing(string place)
    {
        var e = Assert.Throws<ConsortException>(() => SourceCatalogue.BuiltIn.Places(place));
        Assert.Equal($"{place}: is read by the package Consort.Data.DuckDb, which this program was built without; add it to the program's catalogue of sources", e.Message);
    }

    [Theory]
    [InlineData("select * from nowhere", "Table with name nowhere does not exist")]
    [InlineData("selekt 1", "syntax error at or near \"selekt\"")]
    [InlineData("select 1 as click, 'u' as user, error('too late') as x", "too late")]
    [InlineData("select 1 as click, 'u' as user where false", "found no rows, expected at least one")]
    [InlineData("create table t (a int)", "found a statement that is no query, expected select …")]
    public void Read_AQueryThatFails_GivesDuckDbsWords(string query, string words)
    {
        var schema = Schema with { Fields = [.. Schema.Fields, new Field("x", FieldKind.Ignored)] };
        var e = Assert.Throws<ConsortException>(() => SeenRows.Of(Catalogue, schema, $"sql:{query}"));
        Assert.StartsWith($"sql:{query[..6]}", e.Message, StringComparison.Ordinal);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sql:?folder=/data/logs#select 1", "sql:?folder=logs#select 1")]
    [InlineData("sql:?folder=/data#select 1", "sql:select 1")]
    [InlineData("sql:?database=/data/w.db&folder=/#select 1", "sql:?database=w.db&folder=..#select 1")]
    [InlineData("duckdb:/data/p/w.db?threads=2#t", "duckdb:p/w.db?threads=2#t")]
    public void Relate_APlace_LeadsBackToIt(string place, string near)
    {
        Assert.Equal(near, Catalogue.Relate(place, "/data"));
        Assert.Equal([place], Catalogue.Places(near, "/data"));
    }

    [Fact]
    public void Read_AFileThatIsNoDatabase_SaysSo()
    {
        var path = _folder.File("a.csv", "click,user\n1,u\n");
        foreach (var place in new[] { $"duckdb:{path}#nix", $"sql:?database={path}#select 1 as click, 'u' as user" })
            Assert.Equal($"{path}: found no DuckDB database, expected one",
                Assert.Throws<ConsortException>(() => SeenRows.Of(Catalogue, Schema, place)).Message);
    }

    [Fact]
    public void ColumnsOf_AQueryThatHasNoEnd_DoesNotRunIt() =>
        Assert.Equal(["click", "user"], Catalogue.ColumnsOf($"sql:{Endless}")!.Select(c => c.Name));

    [Fact]
    public async Task Encode_AQueryThatHasNoEnd_IsInterrupted()
    {
        using var stop = new CancellationTokenSource();
        var request = new EncodeRequest(Schema, SplitPlan.Given([$"sql:{Endless}"]), _folder.At("encoded"))
        { Sources = Catalogue };
        var encoding = Task.Run(() => DatasetEncoder.EncodeOrReuse(request, null, stop.Token), TestContext.Current.CancellationToken);
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.False(encoding.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => encoding.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Encode_AQueryInAnotherOrderEachTime_SaysWhatMendsIt()
    {
        var place = "sql:select i % 2 as click, 'u' || i as user from range(1000) t(i) order by random()";
        var request = new EncodeRequest(Schema, SplitPlan.InOrder([place]), _folder.At("encoded")) { Sources = Catalogue };
        var message = Assert.Throws<ConsortException>(() => DatasetEncoder.EncodeOrReuse(request)).Message;
        Assert.Contains(": gave other rows when it was asked a second time, expected the same", message, StringComparison.Ordinal);
    }

    private const string Endless = "select (sum(a.range * b.range) > 0)::int as click, 1 as user from range(10000000) a, range(10000000) b";

    [Fact]
    public void Read_AStatementThatWrites_HasWrittenNothing()
    {
        var path = _folder.At("out.csv");
        Assert.Throws<ConsortException>(() => SeenRows.Of(Catalogue, Schema, $"sql:copy (select 1 as click, 'u' as user) to '{path}'"));
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Read_ATableThatIsNotThere_NamesFileAndTable()
    {
        var path = Table("create table clicks as select 1 as click, 'u' as user");
        Assert.Contains("does not exist", Assert.Throws<ConsortException>(() => SeenRows.Of(Catalogue, Schema, $"duckdb:{path}#click")).Message, StringComparison.Ordinal);
        Assert.Equal($"{path}x: file not found",
            Assert.Throws<ConsortException>(() => SeenRows.Of(Catalogue, Schema, $"duckdb:{path}x#clicks")).Message);
    }

    [Fact]
    public void Read_ATable_TakesTheColumnsByTheirNames()
    {
        var path = Table("create table \"Odd name\" as select i % 2 as click, 'u' || i as user, [i] as note from range(5000) t(i)");
        var schema = Schema with { Fields = [.. Schema.Fields.Reverse(), new Field("note", FieldKind.Ignored)] };
        var rows = SeenRows.Of(Catalogue, schema, $"duckdb:{path}#Odd name");
        Assert.Equal(5000, rows.Count);
        Assert.All(rows.Index(), r => Assert.Equal([$"u{r.Index}", $"{r.Index % 2}", null], r.Item.Cells));
    }

    [Fact]
    public void Read_Lists_AreJoinedByTheSplitter()
    {
        var schema = new Schema { Fields = [new Field("click", FieldKind.Label), new Field("tags", FieldKind.List) { List = new FieldList() }] };
        IEnumerable<string?> Tags(string values) =>
            SeenRows.Of(Catalogue, schema, $"sql:select 1 as click, tags from (values {values}) t(tags)").Select(r => r.Cells[1]);
        Assert.Equal(["a|more than twelve bytes", "", null, "b"], Tags("(['a', 'more than twelve bytes']), ([]), (null), ([null, 'b'])"));
        schema = schema with { Fields = [schema.Fields[0], schema.Fields[1] with { Kind = FieldKind.Sequence }] };
        Assert.Equal(["a||b", "|b", "", null, "b|", "|"], Tags("(['a', null, 'b']), ([null, 'b']), ([null]), (null), (['b', null]), ([null, null])"));
        Assert.Equal(["1|", "|4"], Tags("([1, null]::int[2]), ([null, 4]::int[2])"));
        Assert.Equal(["1|2", "3"], Tags("([1, 2]), ([3])"));
        Assert.Equal(["1|2", "3|4"], Tags("([1, 2]::int[2]), ([3, 4]::int[2])"));
        Assert.EndsWith(":2, column tags: found \"|\", the field's splitter, in the value \"b|c\" of a list, expected values without it; choose another splitter",
            Assert.Throws<ConsortException>(() => Tags("(['a']), (['b|c'])")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AListWhereATokenIsExpected_SaysSo() => Assert.Equal(
        "sql:select 1 as click, [1] as user: column user holds lists of numbers, expected one value a row for kind categorical; give it kind list",
        Assert.Throws<ConsortException>(() => SeenRows.Of(Catalogue, Schema, "sql:select 1 as click, [1] as user")).Message);

    [Fact]
    public void EncodeOrReuse_ATable_IsReusedUntilItsRowsChange()
    {
        var path = Table("create table clicks as select i % 2 as click, 'u' || i as user from range(100) t(i)");
        var request = new EncodeRequest(Schema, SplitPlan.Given([$"duckdb:{path}#clicks"]), _folder.At("encoded")) { Sources = Catalogue };
        Assert.False(DatasetEncoder.EncodeOrReuse(request).Reused);
        Assert.True(DatasetEncoder.EncodeOrReuse(request).Reused);
        using (var database = new OwnDatabase(path)) database.Run("update clicks set user = 'v' where user = 'u7'");
        var again = DatasetEncoder.EncodeOrReuse(request);
        Assert.False(again.Reused);
        Assert.EndsWith("its rows have changed", again.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void ColumnsOf_AQuery_AreItsOwn() => Assert.Equal(
        [new SourceColumn("a", "numbers"), new SourceColumn("b", "lists of text", IsList: true), new SourceColumn("c", "values of type INTERVAL", IsReadable: false)],
        Catalogue.ColumnsOf("sql:select 1 as a, ['x'] as b, interval 1 day as c")!);

    private string Table(string sql)
    {
        var path = _folder.At("c.duckdb");
        using var database = new OwnDatabase(path);
        database.Run(sql);
        return path;
    }
}
