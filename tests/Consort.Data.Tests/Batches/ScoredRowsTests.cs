using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Batches;

/// <summary>Rows to be scored, which have other columns than those an encoder was fitted on.</summary>
public sealed class ScoredRowsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Next_ColumnsBesideTheSchemas_ArePassedOver()
    {
        using var dataset = Headed();
        var path = _folder.File("new.csv", "request_id,b,click,a,ts\nq1,4,1,x,9\nq2,5,0,y,9\n");
        foreach (var labelRequired in new[] { true, false })
        {
            using var reader = new RawBatchReader(path, dataset.Encoder, 8, labelRequired);
            var rows = Read(reader);
            Assert.Equal(["x", "y"], rows.SelectMany(r => r.Ids).Select(dataset.Encoder.Token));
            Assert.Equal([4f, 5f], rows.Select(r => r.Numeric[0]));
            Assert.Equal([1f, 0f], rows.Select(r => r.Label));
            Assert.Equal($"{path}: passed over 2 columns that the run does not know: request_id, ts", reader.PassedOver);
        }
    }

    [Theory]
    [InlineData(20, 18, true)]
    [InlineData(20, 17, false)]
    [InlineData(19, 19, false)]
    public void Unseen_NearlyAllOfAField_IsNamed(int rows, int unseen, bool isSaid)
    {
        using var dataset = Headed();
        var text = string.Concat(Enumerable.Range(0, rows).Select(r => (r < unseen ? $"other{r}" : "x") + ",4\n"));
        var path = _folder.File("new.csv", "a,b\n,4\n" + text); // a missing value is none that is unseen
        using var reader = new RawBatchReader(path, dataset.Encoder, 8, labelRequired: false);
        Read(reader);
        Assert.Equal(isSaid ? $"{path}: training has not seen most of what stands in a ({unseen * 100 / rows} % of {rows} values); are they written as in the training rows?" : null,
            reader.Unseen);
    }

    [Fact]
    public void Next_OnlyColumnsOfTheSchema_SaysNothing()
    {
        using var dataset = Headed();
        using var reader = new RawBatchReader(_folder.File("new.csv", "a,b\nx,4\n"), dataset.Encoder, 8, labelRequired: false);
        Assert.Single(Read(reader));
        Assert.Null(reader.PassedOver);
        Assert.False(reader.HasLabels);
    }

    [Fact]
    public void Next_ColumnsBesideTheSchemas_CanBeRefusedWithAdviceThatCanBeFollowed()
    {
        using var dataset = Headed();
        using var reader = new RawBatchReader(_folder.File("new.csv", "id,a,b\nq,x,4\n"), dataset.Encoder, 8, labelRequired: false,
            UnknownColumns.Refuse);
        var message = Assert.Throws<ConsortException>(() => reader.Next()).Message;
        Assert.Contains(":1: column \"id\" is not in the schema", message, StringComparison.Ordinal);
        Assert.Contains("(the run keeps the schema it was trained with", message, StringComparison.Ordinal);
        Assert.DoesNotContain("kind ignored", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Next_AColumnThatIsMissing_IsNotPassedOver()
    {
        using var dataset = Headed("price");
        using var reader = new RawBatchReader(_folder.File("new.csv", "a,prize\nx,4\n"), dataset.Encoder, 8, labelRequired: false);
        Assert.EndsWith(":1: column \"prize\" is not in the schema; did you mean price?",
            Assert.Throws<ConsortException>(() => reader.Next()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(",x,4\n")]
    [InlineData("x,4\n")]
    public void Next_LabelsThatNobodyNeeds_MayBeEmptyOrAbsent(string text)
    {
        var schema = Csv("header: false", "b");
        using var dataset = _folder.Encode(schema, _folder.File("d.csv", "1,x,1\n0,y,2\n"));
        using var reader = new RawBatchReader(_folder.File("new.csv", text), dataset.Encoder, 8, labelRequired: false);
        using var wrong = new RawBatchReader(_folder.File("wrong.csv", "?,x,4\n"), dataset.Encoder, 8, labelRequired: false);
        Assert.Contains("column click: found \"?\"", Assert.Throws<ConsortException>(() => wrong.Next()).Message, StringComparison.Ordinal);
        var row = Assert.Single(Read(reader));
        Assert.Equal(("x", 4f, 0f), (dataset.Encoder.Token(row.Ids[0]), row.Numeric[0], row.Label));
    }

    [Theory]
    [InlineData("libsvm", "1 1:8 2:9\n0 1:4 2:8\n", "1:4 2:9\n1:8\n2:8\n", 3)]
    [InlineData("libffm", "1 1:8:1 2:9:1\n0 1:4:1 2:8:1\n", "1:4:1 2:9:1\n1:8:1\n2:8:1\n", 3)]
    public void Next_PairsWithoutLabels_AreRecognisedByTheirColons(string format, string train, string text, int expected)
    {
        using var dataset = Pairs(format, train);
        using var reader = new RawBatchReader(_folder.File("new.txt", text), dataset.Encoder, 8, labelRequired: false);
        var rows = Read(reader);
        Assert.Equal(expected, rows.Count);
        Assert.Equal(["4", "9", "8", "(missing)", "(missing)", "8"], rows.SelectMany(r => r.Ids).Select(dataset.Encoder.Token));
        Assert.Null(reader.PassedOver);
    }

    [Fact]
    public void Next_PairsWithoutLabelsThatAreNeeded_AreAMistake()
    {
        using var dataset = Pairs("libsvm", "1 1:8 2:9\n0 1:4 2:8\n");
        using var reader = new RawBatchReader(_folder.File("new.txt", "1:4 2:9\n"), dataset.Encoder, 8, labelRequired: true);
        Assert.Contains("found \"1:4\"", Assert.Throws<ConsortException>(() => reader.Next()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Next_IndicesBehindTheLast_ArePassedOverOrRefused()
    {
        using var dataset = Pairs("libsvm", "1 1:8 2:9\n0 1:4 2:8\n");
        var path = _folder.File("new.txt", "1 1:4 2:9 7:1\n0 1:8 2:8 9:3 12:1\n");
        using var reader = new RawBatchReader(path, dataset.Encoder, 8, labelRequired: true);
        Assert.Equal(["4", "9", "8", "8"], Read(reader).SelectMany(r => r.Ids).Select(dataset.Encoder.Token));
        Assert.Equal($"{path}: passed over 3 values of indices behind the last that the run knows", reader.PassedOver);
        using var strict = new RawBatchReader(path, dataset.Encoder, 8, labelRequired: true, UnknownColumns.Refuse);
        Assert.Contains("found index \"7\", expected 1 to 2", Assert.Throws<ConsortException>(() => strict.Next()).Message,
            StringComparison.Ordinal);
        // One below the first is no new column but the wrong first_index.
        using var below = new RawBatchReader(_folder.File("zero.txt", "1 0:4\n"), dataset.Encoder, 8, labelRequired: true);
        Assert.Contains("found index \"0\"", Assert.Throws<ConsortException>(() => below.Next()).Message, StringComparison.Ordinal);
    }

    private EncodedDataset Headed(string number = "b") =>
        _folder.Encode(Csv("header: true", number), _folder.File("d.csv", $"click,a,{number}\n1,x,1\n0,y,2\n"));

    private EncodedDataset Pairs(string format, string train) => _folder.Encode(
        Schema.Load(OptionMap.Parse($"{{format: {format}, first_index: 1, fields: [{{name: a, kind: categorical}}, {{name: b, kind: categorical}}]}}", "s.yaml")),
        _folder.File("d.txt", train));

    private static Schema Csv(string header, string number) => Schema.Load(OptionMap.Parse(
        $"{{delimiter: comma, {header}, fields: [{{name: click, kind: label}}, {{name: a, kind: categorical}}, {{name: {number}, kind: numeric}}]}}", "s.yaml"));

    private static List<Row> Read(RawBatchReader reader)
    {
        var rows = new List<Row>();
        while (reader.Next() is { } batch) rows.AddRange(Row.Of(batch));
        return rows;
    }
}
