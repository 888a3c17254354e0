using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Encoders;

public sealed class LabelReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private float[] Read(string values, string text)
    {
        var schema = Schema.Load(OptionMap.Parse(
            $"{{delimiter: comma, fields: [{{name: y, kind: label{values}}}, {{name: a, kind: categorical}}]}}", "s.yaml"));
        using var dataset = _folder.Encode(schema, _folder.File("d.csv", text));
        return [.. Row.Of(dataset.Train).Select(r => r.Label)];
    }

    [Theory]
    [InlineData("1,a\n0,b\n", "")]
    [InlineData("1.0,a\n0.0,b\n", "")]
    [InlineData("1.,a\n0e0,b\n", "")]
    [InlineData("+1,a\n-0.0,b\n", "")]
    [InlineData("True,a\nFalse,b\n", "")]
    [InlineData("TRUE,a\nfalse,b\n", "")]
    [InlineData("Yes,a\nNO,b\n", "")]
    [InlineData("t,a\nF,b\n", "")]
    [InlineData("Y,a\nn,b\n", "")]
    [InlineData("2,a\n1,b\n", ", values: {\"1\": 0, \"2\": 1}")]
    [InlineData("2.0,a\n1.0,b\n", ", values: {\"1\": 0, \"2\": 1}")]
    [InlineData("click,a\nno,b\n", ", values: {click: 1, no: 0}")]
    [InlineData("0,a\n1,b\n", ", values: {\"1\": 0, \"0\": 1}")]
    [InlineData("False,a\nTrue,b\n", ", values: {\"True\": 0, \"False\": 1}")]
    public void Read_LabelsAsPeopleWriteThem_AreRead(string text, string values) => Assert.Equal([1f, 0f], Read(values, text));

    [Theory]
    [InlineData("-1,a\n", "", "1 for what means a click: values: {…: 0, …: 1} (texts seen: \"-1\")")]
    [InlineData("0.5,a\n", "", "1 for what means a click: values: {…: 0, …: 1} (texts seen: \"0.5\")")]
    [InlineData("2,a\n", "", "1 for what means a click: values: {…: 0, …: 1} (texts seen: \"2\")")]
    [InlineData("true,a\n", ", values: {\"1\": 0, \"2\": 1}", "expected 1 or 2; the label field's values name what it may be")]
    [InlineData("no,a\n", ", values: {click: 1, nothing: 0}", "expected click or nothing")]
    [InlineData("1e400,a\n", "", "expected 0 or 1")]
    [InlineData("10000000000000000001,a\n", "", "expected 0 or 1")]
    public void Read_OtherLabels_NameTheKeyValues(string text, string values, string hint) =>
        Assert.Contains(hint, Assert.Throws<ConsortException>(() => Read(values, text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Encode_WholeNumbersAsFloats_HaveTheBucketOfTheNumber()
    {
        var schema = Schema.Load(OptionMap.Parse(
            "{delimiter: comma, fields: [{name: y, kind: label}, {name: n, kind: numeric, transform: log2_buckets}, {name: t, kind: categorical, derive: [hour, weekday]}]}", "s.yaml"));
        using var dataset =
            _folder.Encode(schema, _folder.File(
                "d.csv", "1,260,14102103\n0,260.0,14102103.0\n1,2.6e2,14102103\n0,,\n1,-3.0,14102103\n0,-3,14102103\n"));
        var rows = Row.Of(dataset.Train);
        Assert.Equal(rows[0].Ids, rows[1].Ids);
        Assert.Equal(rows[0].Ids, rows[2].Ids);
        Assert.Equal(rows[4].Ids, rows[5].Ids);
        Assert.Equal("(missing)", dataset.Encoder.Token(rows[3].Ids[0]));
        var ids = new int[3];
        dataset.Encoder.EncodeField(1, "260.0"u8, ids, []);
        dataset.Encoder.EncodeField(2, "14102103.0"u8, ids, []);
        Assert.Equal(rows[0].Ids, ids);
    }
}
