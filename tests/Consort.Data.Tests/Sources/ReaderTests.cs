using System.IO.Compression;
using System.Text;
using Consort.Data.Batches;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Sources;

public sealed class ReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Schema Csv(string more = "", string a = "categorical", string b = "categorical") => Schema.Load(OptionMap.Parse(
        $"{{delimiter: comma, {more} fields: [{{name: y, kind: label}}, {{name: a, kind: {a}}}, {{name: b, kind: {b}}}]}}", "s.yaml"));

    private (float Label, string A, string B)[] Read(Schema schema, string path)
    {
        using var dataset = _folder.Encode(schema, path);
        return [.. Row.Of(dataset.Train).Select(r => (r.Label, dataset.Encoder.Token(r.Ids[0]), dataset.Encoder.Token(r.Ids[1])))];
    }

    private string Fails(Schema schema, string path) => Assert.Throws<ConsortException>(() => Read(schema, path)).Message;

    [Theory]
    [InlineData("1,x,y\n0,z,w\n")]
    [InlineData("1,x,y\n0,z,w")]
    [InlineData("1,x,y\r\n0,z,w\r\n")]
    [InlineData("1,x,y\r\n0,z,w")]
    [InlineData("\uFEFF1,x,y\n0,z,w\n\n\n")]
    public void Delimited_LineEndsAndMark_GiveTheSameRows(string text) =>
        Assert.Equal([(1f, "x", "y"), (0f, "z", "w")], Read(Csv(), _folder.File("d.csv", text)));

    [Fact]
    public void Delimited_OneRowOneByteCells_IsRead() => Assert.Equal([(1f, "x", "(missing)")], Read(Csv(), _folder.File("d.csv", "1,x,")));

    [Fact]
    public void Delimited_Gzip_IsRead()
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest)) gzip.Write("1,x,y\n0,z,w\n"u8);
        Assert.Equal([(1f, "x", "y"), (0f, "z", "w")], Read(Csv(), _folder.File("d.csv.gz", memory.ToArray())));
    }

    [Fact]
    public void Delimited_BytesBehindTheGzipData_AreNotLostInSilence()
    {
        byte[] whole = Zip("1,x,y\n0,z,w\n"), second = Zip("1,a,b\n");
        foreach (var behind in new[] { "1,u,5\n1,v,6\n"u8.ToArray(), [.. Enumerable.Repeat((byte)'x', 100_000)] })
            Assert.Contains("found bytes behind the end of the gzip data", Fails(Csv(), _folder.File("d.csv.gz", [.. whole, .. behind])),
                StringComparison.Ordinal);
        // Members one after another are one file, and zeros are padding.
        Assert.Equal([(1f, "x", "y"), (0f, "z", "w"), (1f, "a", "b")], Read(Csv(), _folder.File("d.csv.gz", [.. whole, .. second])));
        Assert.Equal([(1f, "x", "y"), (0f, "z", "w")], Read(Csv(), _folder.File("d.csv.gz", [.. whole, .. new byte[20_000]])));

        static byte[] Zip(string text)
        {
            var memory = new MemoryStream();
            using (var gzip = new GZipStream(memory, CompressionLevel.Fastest)) gzip.Write(System.Text.Encoding.UTF8.GetBytes(text));
            return memory.ToArray();
        }
    }

    [Fact]
    public void Delimited_DamagedGzip_SaysSo()
    {
        byte[] damaged = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 255, 255, 255, 255, 1, 2, 3];
        Assert.Contains("damaged gzip", Fails(Csv(), _folder.File("d.csv.gz", damaged)), StringComparison.Ordinal);
    }

    [Fact]
    public void Delimited_TruncatedGzip_SaysSo()
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest))
        {
            var random = new Random(1);
            for (var i = 0; i < 50_000; i++) gzip.Write(System.Text.Encoding.UTF8.GetBytes($"1,{random.Next()},y\n"));
        }
        var whole = memory.ToArray();
        foreach (var kept in new[] { whole.Length / 2, whole.Length - 4, whole.Length - 8, whole.Length - 9 })
            Assert.Contains("damaged gzip", Fails(Csv(), _folder.File("d.csv.gz", whole[..kept])), StringComparison.Ordinal);
    }

    [Fact]
    public void Delimited_Header_MayChangeTheOrder() =>
        Assert.Equal([(1f, "x", "y"), (0f, "z", "w")], Read(Csv("header: true,"), _folder.File("d.csv", "b,y,a\r\ny,1,x\r\nw,0,z\r\n")));

    [Theory]
    [InlineData("b,y,c\n", ":1: column \"c\" is not in the schema")]
    [InlineData("b,y,y\n", ":1: found two columns named y")]
    [InlineData("b,y\n", ":1: column a is missing from the header")]
    [InlineData("b,y,a\n", ": found a header but no rows")]
    [InlineData("", ": found an empty file, expected rows")]
    public void Delimited_WrongHeader_IsNamed(string text, string message)
    {
        var path = _folder.File("d.csv", text);
        Assert.Contains(path + message, Fails(Csv("header: true,"), path), StringComparison.Ordinal);
    }

    [Fact]
    public void Quoted_DelimitersLineEndsAndQuotes_BelongToTheCell() =>
        Assert.Equal([(1f, "x,1\nx2", "say \"hi\""), (0f, "plain", "(missing)"), (1f, "last", "")],
            Read(Csv("quoted: true, missing: [NA],"),
                _folder.File("d.csv", "1,\"x,1\nx2\",\"say \"\"hi\"\"\"\r\n0,plain,NA\r\n\"1\",last,\"\"")));

    [Fact]
    public void Quoted_ErrorAfterEmbeddedLineEnd_NamesTheLineOfTheFile()
    {
        var path = _folder.File("d.csv", "1,\"a\nb\nc\",x\n0,y\n");
        Assert.Equal($"{path}:4: found 2 columns, expected 3", Fails(Csv("quoted: true,"), path));
    }

    [Theory]
    [InlineData("1,a\"b\",c\n", "a quote inside a cell")]
    [InlineData("1,\"a\"b,c\n", "text after a closing quote")]
    [InlineData("1,\"ab,c\n", "a quote that is never closed")]
    public void Quoted_StrayQuotes_AreNamed(string text, string message) =>
        Assert.Contains(message, Fails(Csv("quoted: true,"), _folder.File("d.csv", text)), StringComparison.Ordinal);

    [Fact]
    public void Trim_SpacesAroundCells_AreDropped() =>
        Assert.Equal([(1f, "x", "y z")], Read(Csv("trim: true,"), _folder.File("d.csv", "1, x ,  y z\n")));

    [Theory]
    [InlineData("1,x,y\n0,z\n", ":2: found 2 columns, expected 3")]
    [InlineData("1,x,y\n0,z,w,v\n", ":2: found 4 columns, expected 3")]
    [InlineData("1,x,y\n\n0,z,w\n", ":2: found an empty line, expected 3 columns")]
    [InlineData("1,x,y\n2,z,w\n", ":2, column y: found \"2\", expected 0 or 1; name each text by the label field's values, 1 for what means a click: values: {…: 0, …: 1} (texts seen: \"1\", \"2\")")]
    [InlineData("1,x,y\n,z,w\n", ":2, column y: found an empty cell, expected 0 or 1")]
    public void Delimited_WrongRow_IsNamedByLine(string text, string message)
    {
        var path = _folder.File("d.csv", text);
        Assert.Equal(path + message, Fails(Csv(), path));
    }

    [Fact]
    public void Delimited_TextInNumericColumn_IsNamedByLineAndColumn()
    {
        var text = new StringBuilder();
        for (var i = 1; i <= 300; i++) text.Append(i == 217 ? "1,abc,x\n" : $"1,{i},x\n");
        var path = _folder.File("d.csv", text.ToString());
        Assert.Equal($"{path}:217, column a: found \"abc\", expected a number or empty", Fails(Csv(a: "numeric"), path));
        var buckets = Csv(a: "numeric, transform: log2_buckets");
        Assert.Equal($"{path}:217, column a: found \"abc\", expected an integer or empty", Fails(buckets, path));
    }

    [Fact]
    public void Delimited_ErrorsInSeveralBlocks_TheEarliestIsNamed()
    {
        var text = new StringBuilder();
        for (var i = 1; i <= 400_000; i++) text.Append(i is 120_000 or 390_000 ? "1,x\n" : "1,x,yyyyyyy\n");
        var path = _folder.File("d.csv", text.ToString());
        Assert.Equal($"{path}:120000: found 2 columns, expected 3", Fails(Csv(), path));
    }

    [Fact]
    public void Delimited_MissingFile_SaysSo() =>
        Assert.Equal(_folder.At("no.csv") + ": file not found", Fails(Csv(), _folder.At("no.csv")));

    [Fact]
    public void Delimited_RowLongerThanABlock_IsRead()
    {
        string huge = new('q', 3_000_000);
        Assert.Equal([(1f, "x", "y"), (0f, huge, "w"), (1f, "x", "y")], Read(Csv(), _folder.File("d.csv", $"1,x,y\n0,{huge},w\n1,x,y\n")));
    }

    [Fact]
    public void Libffm_FieldsInAnyOrder_AreRead()
    {
        var schema = Schema.Load(OptionMap.Parse(
            "{format: libffm, fields: [{name: a, kind: categorical}, {name: n, kind: numeric}, {name: b, kind: categorical}]}", "s.yaml"));
        using var dataset = _folder.Encode(schema, _folder.File("d.ffm", "1 2:77:1 0:5:1 1:9:0.25\n-1 0:6:1\r\n"));
        var rows = Row.Of(dataset.Train);
        Assert.Equal(["5", "77"], rows[0].Ids.Select(dataset.Encoder.Token));
        Assert.Equal([0.25f], rows[0].Numeric);
        Assert.Equal(["6", "(missing)"], rows[1].Ids.Select(dataset.Encoder.Token));
        Assert.Equal([1f, 0f], rows.Select(r => r.Label));
    }

    [Fact]
    public void Libsvm_IndexedAndPositional_AreRead()
    {
        const string Fields = "fields: [{name: a, kind: categorical}, {name: b, kind: categorical}]}";
        var indexed = Schema.Load(OptionMap.Parse("{format: libsvm, first_index: 1, " + Fields, "s.yaml"));
        using (var dataset = _folder.Encode(indexed, _folder.File("i.svm", "1 2:8\n0 1:4 2:8")))
            Assert.Equal(["(missing)", "8", "4", "8"], Row.Of(dataset.Train).SelectMany(r => r.Ids).Select(dataset.Encoder.Token));
        var positional = Schema.Load(OptionMap.Parse("{format: libsvm, pairs: positional, " + Fields, "s.yaml"));
        using (var dataset = _folder.Encode(positional, _folder.File("p.svm", "1 451:1 4149:1\n"), "other"))
            Assert.Equal(["451", "4149"], Row.Of(dataset.Train).SelectMany(r => r.Ids).Select(dataset.Encoder.Token));
    }

    [Theory]
    [InlineData("1 3:1:1\n", ":1: found field \"3\", expected 0 to 0")]
    [InlineData("1 0:1\n", ":1: found \"0:1\", expected field:index:value; where rows have index:value, set format: libsvm")]
    [InlineData("1 0:1:1 0:2:1\n",
        ":1: found field \"0\" (a) twice; where a row has several features of it, give the field kind: list")]
    [InlineData("7 0:1:1\n", ":1, column label: found \"7\", expected 0 or 1 or -1 or +1; other labels are named by a field of kind label with values")]
    public void Libffm_Mistake_IsNamed(string text, string message)
    {
        var schema = Schema.Load(OptionMap.Parse("{format: libffm, fields: [{name: a, kind: categorical}]}", "s.yaml"));
        var path = _folder.File("d.ffm", text);
        Assert.Equal(path + message, Fails(schema, path));
    }

    [Fact]
    public void RawBatchReader_WithoutLabels_GivesTheSameRows()
    {
        var schema = Csv(b: "numeric");
        using var dataset = _folder.Encode(schema, _folder.File("d.csv", "1,x,1\n0,y,2\n"));
        var bare = _folder.File("bare.csv", "x,4\nnew,5\n");
        using var reader = new RawBatchReader(bare, dataset.Encoder, 1, labelRequired: false);
        var rows = new List<Row>();
        while (reader.Next() is { } batch) rows.AddRange(Row.Of(batch));
        Assert.False(reader.HasLabels);
        Assert.Equal(["x", "(oov)"], rows.SelectMany(r => r.Ids).Select(dataset.Encoder.Token));
        Assert.Equal([4f, 5f], rows.Select(r => r.Numeric[0]));
        using var strict = new RawBatchReader(bare, dataset.Encoder, 1, labelRequired: true);
        Assert.Equal($"{bare}:1: found 2 columns, expected 3", Assert.Throws<ConsortException>(() => strict.Next()).Message);
    }
}
