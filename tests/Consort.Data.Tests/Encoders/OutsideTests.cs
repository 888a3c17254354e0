using System.Globalization;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using Encoder = Consort.Data.Encoders.Encoder;

namespace Consort.Data.Tests.Encoders;

/// <summary>Numbers far outside what the training rows hold.</summary>
public sealed class OutsideTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("standardise")]
    [InlineData("min_max")]
    [InlineData("none")]
    public void Clip_FarOutside_IsTheNearestBound(string transform)
    {
        using var dataset = Encode($"transform: {transform}", "1", "2", "3", "5");
        // Of 1 to 5 the width is 4; without a transform it is 5, the largest absolute value.
        double width = transform == "none" ? 5 : 4;
        Assert.Equal(Value(dataset, (5 + 10 * width).ToString(CultureInfo.InvariantCulture)), Value(dataset, "1e30"));
        Assert.Equal(Value(dataset, (1 - 10 * width).ToString(CultureInfo.InvariantCulture)), Value(dataset, "-1e149"));
        Assert.True(float.IsFinite(Value(dataset, "1e149")));
    }

    [Theory]
    [InlineData("standardise")]
    [InlineData("min_max")]
    [InlineData("none")]
    public void Within_AllRules_GiveTheSameBits(string transform)
    {
        using EncodedDataset clip = Encode($"transform: {transform}", "1", "2.7", "3", "5"),
            keep = Encode($"transform: {transform}, outside: keep", "1", "2.7", "3", "5"),
            error = Encode($"transform: {transform}, outside: error", "1", "2.7", "3", "5");
        foreach (var value in new[] { "-39", "-3.3", "0", "1", "3.14159", "5", "45", "" })
        {
            Assert.Equal(BitConverter.SingleToInt32Bits(Value(keep, value)), BitConverter.SingleToInt32Bits(Value(clip, value)));
            Assert.Equal(BitConverter.SingleToInt32Bits(Value(keep, value)), BitConverter.SingleToInt32Bits(Value(error, value)));
        }
    }

    [Fact]
    public void Error_FarOutside_NamesLineFoundAndRange()
    {
        var schema = Schema("transform: standardise, outside: error");
        string train = _folder.File("train.csv", "1,1\n0,2\n1,5\n"), test = _folder.File("test.csv", "1,3\n0,1e30\n");
        var e = Assert.Throws<ConsortException>(() =>
            DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.Given([train], null, [test]), _folder.At("e"))));
        Assert.EndsWith("test.csv:2, column a: found \"1e30\", expected -39 to 45: training rows hold 1 to 5, and the schema says outside: error", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keep_FarOutside_StaysAsItIs()
    {
        using var dataset = Encode("transform: none, outside: keep", "1", "2");
        Assert.Equal(1e30f, Value(dataset, "1e30"));
        // What no float can hold is refused all the same.
        Assert.Contains("expected a number within the range of a 32-bit float",
            Assert.Throws<ConsortException>(() => Value(dataset, "1e39")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_EncoderOfBeforeTheRule_KeepsItsNumbers()
    {
        // What keeps numbers is written as it was before there was the rule, and so has the same keys.
        using var dataset = Encode("transform: none, outside: keep", "1", "2");
        var bytes = File.ReadAllBytes(Path.Combine(dataset.Folder, "encoder.bin"));
        Assert.True(bytes.AsSpan().IndexOf("outside"u8) < 0);
        var old = Encoder.Read(new MemoryStream(bytes), "old");
        Assert.Equal(OutsideRule.Keep, old.Schema.Fields[1].Outside);
        Assert.DoesNotContain("outside", dataset.Encoder.Schema.Identity, StringComparison.Ordinal);
        Assert.Contains("outside: keep", dataset.Encoder.Schema.ToYaml(), StringComparison.Ordinal);
        Assert.NotEqual(Schema("transform: none").Identity, dataset.Encoder.Schema.Identity);
    }

    [Theory]
    [InlineData("min_max", "0", "1e-310")]
    [InlineData("standardise", "0", "1e-310")]
    [InlineData("standardise", "1e-160", "-1e-160")]
    public void Encode_ColumnTooNarrowToDivideBy_IsFinite(string transform, string first, string second)
    {
        using var dataset = Encode($"transform: {transform}", first, second);
        Assert.All(Row.Of(dataset.Train), row => Assert.True(float.IsFinite(row.Numeric[0])));
    }

    [Theory]
    [InlineData("kind: numeric, outside: trim", "found \"trim\", expected one of clip, error, keep")]
    [InlineData("kind: categorical, outside: error", "outside belongs to a numeric field that stays a number")]
    [InlineData("kind: numeric, transform: log2_buckets, outside: keep", "outside belongs to a numeric field that stays a number")]
    public void Load_RuleThatDoesNotFit_SaysSo(string field, string expected)
    {
        var e = Assert.Throws<ConsortException>(() => Consort.Data.Schemas.Schema.Load(OptionMap.Parse(
            $"{{delimiter: comma, fields: [{{name: y, kind: label}}, {{name: a, {field}}}]}}", "s.yaml")));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToYaml_EachRule_ReadsBack()
    {
        foreach (var rule in new[] { "clip", "error", "keep" })
        {
            var schema = Schema($"outside: {rule}");
            Assert.Equal(schema, Consort.Data.Schemas.Schema.Load(OptionMap.Parse(schema.ToYaml(), "again")));
            Assert.Equal(rule != "clip", schema.ToYaml().Contains("outside", StringComparison.Ordinal));
            Assert.Equal(rule != "keep", schema.Identity.Contains("outside", StringComparison.Ordinal));
            Assert.Equal(rule, schema.Fields[1].Outside.ToString().ToLowerInvariant());
        }
    }

    private static Schema Schema(string field) => Consort.Data.Schemas.Schema.Load(OptionMap.Parse(
        $"{{delimiter: comma, fields: [{{name: y, kind: label}}, {{name: a, kind: numeric, {field}}}]}}", "s.yaml"));

    private EncodedDataset Encode(string field, params string[] values) =>
        _folder.Encode(Schema(field), _folder.File("d.csv", string.Concat(values.Select(v => $"1,{v}\n"))), Guid.NewGuid().ToString("N"));

    private static float Value(EncodedDataset dataset, string text)
    {
        var numbers = new float[1];
        dataset.Encoder.EncodeField(1, System.Text.Encoding.UTF8.GetBytes(text), [], numbers);
        return numbers[0];
    }
}
