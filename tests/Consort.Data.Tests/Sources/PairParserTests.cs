using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Sources;

public sealed class PairParserTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Schema Of(string options = "format: libsvm, first_index: 1", string a = "numeric", string b = "numeric") =>
        Schema.Load(OptionMap.Parse(
        $"{{{options}, fields: [{{name: y, kind: label}}, {{name: a, kind: {a}}}, {{name: b, kind: {b}}}]}}", "s.yaml"));

    private List<Row> Read(Schema schema, string text)
    {
        using var dataset = _folder.Encode(schema, _folder.File("d.svm", text));
        return Row.Of(dataset.Train);
    }

    private string Fails(string text, Schema schema) =>
        Assert.Throws<ConsortException>(() => Read(schema, text)).Message[_folder.At("d.svm").Length..];

    [Theory]
    [InlineData("1 1:0.5 2:1\n0 2:1\n")]
    [InlineData("1.0 1:0.5 2:1\n0.0 2:1\n")]
    [InlineData("+1 1:0.5 2:1\n-1 2:1\n")]
    [InlineData("+1.0 1:0.5 2:1\r\n-1.0 2:1")]
    [InlineData("True 1:0.5 2:1\nFALSE 2:1\n")]
    [InlineData("1 qid:3 1:0.5 2:1\n0 qid:3 2:1\n")]
    [InlineData("1 1:0.5 2:1 # doc 17 1:9\n0 2:1 #\n")]
    [InlineData("1 1:0.5 2:1# doc 17\n0 2:1#x 1:9\n")]
    [InlineData("# made by hand\n\n1 1:0.5 2:1\n  \t\n#\n0 2:1\n # the end\n\n")]
    [InlineData("1\t1:0.5\t\t2:1  \n0  2:1")]
    [InlineData("1 2:1.0 1:5e-1\n0 2:True\n")]
    public void Parse_LibsvmAsPeopleHaveIt_GivesTheSameRows(string text)
    {
        var rows = Read(Of(), text);
        Assert.Equal([1f, 0f], rows.Select(r => r.Label));
        Assert.Equal([0.5f, 1f, 0f, 1f], rows.SelectMany(r => r.Numeric));
    }

    [Fact]
    public void Parse_OnlyComments_SaysSo() => Assert.Equal(": found no rows, expected at least one", Fails("# nothing\n\n#\n", Of()));

    [Fact]
    public void Parse_MistakeAfterComments_NamesTheLineOfTheFile() =>
        Assert.StartsWith(":4, column a: found \"x\", expected a number", Fails("# one\n1 1:1\n\n0 1:x\n", Of()), StringComparison.Ordinal);

    [Fact]
    public void Parse_CommentsInManyBlocks_LinesAndSplitsStayRight()
    {
        var text = new System.Text.StringBuilder();
        for (var i = 1; i <= 120_000; i++) text.Append(i % 3 == 0 ? "# comment of a line\n" : $"{i % 2} 1:{i}\n");
        var path = _folder.File("d.svm", text + "1 1:x\n");
        Assert.StartsWith($"{path}:120001, column a", Assert.Throws<ConsortException>(() => Read(Of(), text + "1 1:x\n")).Message,
            StringComparison.Ordinal);
        path = _folder.File("good.svm", text.ToString());
        var result = DatasetEncoder.Encode(new EncodeRequest(Of(), SplitPlan.InOrder([path], 0.5, 0.25, 0.25), _folder.At("split"), 2));
        Assert.Equal([40_000L, 20_000L, 20_000L], result.Splits.Select(s => s.Rows));
    }

    [Theory]
    [InlineData("1 0:1\n", ":1: found index \"0\", expected 1 to 2; where they count from 0, set first_index: 0")]
    [InlineData("1 3:1\n", ":1: found index \"3\", expected 1 to 2")]
    [InlineData("1 1:1 1:2\n", ":1: found index \"1\" (a) twice")]
    [InlineData("2 1:1\n", ":1, column y: found \"2\", expected 0 or 1 or -1 or +1; name each text by the label field's values, 1 for what means a click: values: {…: 0, …: 1} (texts seen: \"2\")")]
    [InlineData("1:1 2:1\n", ":1, column y: found \"1:1\", expected 0 or 1 or -1 or +1; the row has no label before its pairs")]
    [InlineData("1,2,3\n", ":1, column y: found \"1,2,3\", expected 0 or 1 or -1 or +1; where the rows are CSV, set format: delimited")]
    [InlineData("1 1:2:1\n", ":1: found \"1:2:1\", expected index:value; where rows have field:index:value, set format: libffm")]
    public void Parse_Mistake_NamesWhatMendsIt(string text, string message) =>
        Assert.StartsWith(message, Fails(text, Of()), StringComparison.Ordinal);

    [Fact]
    public void Parse_IndexBeyondTheLast_NamesFirstIndex() =>
        Assert.EndsWith("expected 0 to 1; where they count from 1, set first_index: 1", Fails("1 2:1\n", Of("format: libsvm")),
            StringComparison.Ordinal);

    [Fact]
    public void Parse_LibffmWithSeveralFeaturesOfAField_SaysWhatToDo() => Assert.Equal(
        ":1: found field \"1\" (b) twice; where a row has several features of it, give the field kind: list",
        Fails("1 0:1:1 1:5:1 1:6:1\n0 0:2:1 1:5:1\n", Of("format: libffm", "categorical", "categorical")));

    [Theory]
    [InlineData("numeric, transform: standardise", -1f, 1f)]
    [InlineData("numeric, transform: min_max", 0f, 1f)]
    [InlineData("numeric", 0f, 4f)]
    public void Encode_AbsentIndex_Is0InWhatIsFittedAndInWhatIsGiven(string a, float zero, float four)
    {
        var schema = Of(a: a);
        using var dataset = _folder.Encode(schema, _folder.File("d.svm", "1 1:4\n0 2:1\n1 1:4\n0\n"));
        Assert.Equal([four, zero, four, zero], Row.Of(dataset.Train).Select(r => r.Numeric[0]));
        var numbers = new float[2];
        dataset.Encoder.Clear([], numbers);
        Assert.Equal(zero, numbers[0]);
        dataset.Encoder.EncodeField(1, "4"u8, [], numbers);
        Assert.Equal(four, numbers[0]);
        dataset.Encoder.Clear(1, [], numbers);
        Assert.Equal(zero, numbers[0]);
        var raw = DatasetDescription.OfRaw(_folder.At("d.svm"), schema);
        Assert.Equal((0, 4, 2d), (raw.Columns[0].Numbers!.Min, raw.Columns[0].Numbers!.Max, raw.Columns[0].Numbers!.Mean));
        Assert.Equal(0, raw.Columns[0].MissingShare);
    }

    [Theory]
    [InlineData("numeric, transform: log2_buckets", "0")]
    [InlineData("numeric, transform: {quantile_buckets: 2}", "(-inf, 0]")]
    public void Encode_AbsentIndex_IsTheBucketOf0(string a, string token)
    {
        using var dataset = _folder.Encode(Of(a: a), _folder.File("d.svm", "1 1:4\n0 2:1\n1 1:4\n0\n"));
        Assert.Equal(token, dataset.Encoder.Token(Row.Of(dataset.Train)[1].Ids[0]));
        var ids = new int[1];
        dataset.Encoder.Clear(ids, new float[1]);
        Assert.Equal(token, dataset.Encoder.Token(ids[0]));
    }

    [Theory]
    [InlineData("format: libsvm, first_index: 1, absent: missing")]
    [InlineData("format: libsvm, first_index: 1, missing: [\"0\"]")]
    public void Encode_AbsentIndexThatMeansMissing_IsMissing(string options)
    {
        using var dataset = _folder.Encode(Of(options, "numeric, transform: log2_buckets"), _folder.File("d.svm", "1 1:4\n0 2:1\n"));
        Assert.Equal(["1", "(missing)"], Row.Of(dataset.Train).Select(r => dataset.Encoder.Token(r.Ids[0])));
        var ids = new int[1];
        dataset.Encoder.Clear(ids, new float[1]);
        Assert.Equal("(missing)", dataset.Encoder.Token(ids[0]));
    }

    [Fact]
    public void Encode_LibffmAbsentNumber_Is0()
    {
        var rows = Read(Of("format: libffm", "numeric, transform: standardise", "categorical"), "1 0:0:4 1:7:1\n0 1:7:1\n");
        Assert.Equal([1f, -1f], rows.Select(r => r.Numeric[0]));
    }

    [Fact]
    public void Read_EncoderOfASchemaWithoutAbsent_StaysAsItWas()
    {
        var schema = Of(a: "numeric, transform: standardise");
        Assert.Contains("\nabsent: zero\n", schema.ToYaml(), StringComparison.Ordinal);
        Assert.DoesNotContain("absent", Schema.Preset("criteo").ToYaml(), StringComparison.Ordinal);
        using var dataset = _folder.Encode(schema, _folder.File("d.svm", "1 1:4\n0 2:1\n"));
        using var content = new MemoryStream();
        using (var writer = new BinaryWriter(content, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(schema.ToYaml().Replace("absent: zero\n", "", StringComparison.Ordinal));
            foreach (var column in dataset.Encoder.Columns.Where(c => c.Size == 0)) column.Write(writer, (_, _) => { });
        }
        content.Position = 0;
        using var reader = new BinaryReader(content);
        var old = EncoderFile.ReadContent(reader, "old", () => throw new InvalidOperationException());
        Assert.Equal(AbsentRule.Missing, old.Schema.Absent);
        var numbers = new float[2];
        old.Clear([], numbers);
        Assert.Equal([0f, 0f], numbers);
    }

    [Fact]
    public void RawBatchReader_RowsWithoutLabels_AreScored()
    {
        using var dataset = _folder.Encode(Of(), _folder.File("d.svm", "1 1:4\n0 2:1\n"));
        using var reader = new RawBatchReader(_folder.File("bare.svm", "# new\n1:4 # c\n2:1\n"), dataset.Encoder, 8, labelRequired: false);
        Assert.Equal([4f, 0f, 0f, 1f], Row.Of(reader.Next()!).SelectMany(r => r.Numeric));
    }

    [Fact]
    public void Load_AbsentOfDelimitedData_IsRefused() =>
        Assert.Contains("absent belongs to libsvm", Assert.Throws<ConsortException>(() => Of("format: delimited, absent: missing")).Message,
            StringComparison.Ordinal);
}
