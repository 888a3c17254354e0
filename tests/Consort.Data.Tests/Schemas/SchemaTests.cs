using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Schemas;

public sealed class SchemaTests
{
    private static Schema Parse(string text) => Schema.Load(OptionMap.Parse(text, "s.yaml"));

    private static string Fails(string text) => Assert.Throws<ConsortException>(() => Parse(text)).Message;

    [Fact]
    public void Preset_Criteo_HasItsFields()
    {
        var schema = Schema.Preset("criteo");
        Assert.Equal(40, schema.Fields.Count);
        Assert.Equal("I13", schema.Fields[13].Name);
        Assert.Equal(TransformKind.Log2Buckets, schema.Fields[13].Transform.Kind);
        Assert.Equal("C26", schema.Fields[39].Name);
        Assert.Equal(10, schema.MinCount);
    }

    [Theory]
    [InlineData("{piecewize: 8}")]
    [InlineData("\"piecewize: 8\"")]
    public void Load_ATransformThatIsNone_NamesTheNearest(string transform)
    {
        var e = Assert.Throws<ConsortException>(() => Schema.Load(OptionMap.Parse(
            $"fields: [{{name: y, kind: label}}, {{name: x, kind: numeric, transform: {transform}}}]", "s.yaml")));
        Assert.EndsWith("; did you mean piecewise?", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("criteo")]
    [InlineData("avazu")]
    [InlineData("frappe")]
    public void ToYaml_OfPreset_ReadsBackEqual(string name)
    {
        var schema = Schema.Preset(name);
        Assert.Equal(schema, Parse(schema.ToYaml()));
    }

    [Fact]
    public void ToYaml_OddTexts_ReadBackEqual()
    {
        var schema = Parse("""
            delimiter: "|"
            quoted: true
            missing: ["", "N\"A", "\\N", "tab\there", "null"]
            fields:
              - {name: "y: {#}", kind: label, values: {">50K": 1, "<=50K": 0}}
              - {name: é, kind: categorical, transform: {hash: 100}, min_count: 3}
              - {name: q, kind: numeric, transform: {quantile_buckets: 5}, missing: "?"}
              - {name: t, kind: categorical, derive: [hour, weekend]}
              - {name: z, kind: numeric, transform: standardise}
            """);
        Assert.Equal(schema, Parse(schema.ToYaml()));
        Assert.Equal(["hour", "weekend"], schema.Fields[3].Columns);
        Assert.Equal(1, schema.Fields[0].Values[">50K"]);
    }

    [Fact]
    public void Load_PresetWithOverride_ChangesOnlyThat()
    {
        var schema = Parse("{preset: criteo, min_count: 3}");
        Assert.Equal(3, schema.MinCount);
        Assert.Equal(Schema.Preset("criteo"), schema with { MinCount = 10 });
    }

    [Theory]
    [InlineData("fields: [{name: a, kind: categorical}]", "s.yaml: found 0 fields of kind label, expected one")]
    [InlineData("fields: [{name: y, kind: label}]", "s.yaml: found no categorical or numeric field, expected at least one")]
    [InlineData("fields: [{name: y, kind: label}, {name: y, kind: numeric}]", "s.yaml: found two fields named y, expected each name once")]
    [InlineData("fields: [{name: y, type: label}]",
        "s.yaml:1, key kind: found nothing, expected one of KINDS; found the unknown key \"type\"")]
    [InlineData("fields: [{name: y}]", "s.yaml:1, key kind: found nothing, expected one of KINDS")]
    [InlineData("fields: [{name: y, kind: lable}]",
        "s.yaml:1, key kind: found \"lable\", expected one of KINDS; did you mean label?")]
    [InlineData("min_cuont: 3", "s.yaml:1: unknown key \"min_cuont\"; did you mean \"min_count\"?")]
    [InlineData("fields: [{name: y, kind: label}, {name: a, kind: categorical, transform: min_max}]",
        "s.yaml, field a: transform min_max does not fit kind categorical")]
    [InlineData("preset: criteoo", "s.yaml:1, key preset: found \"criteoo\", expected one of avazu, criteo, frappe; did you mean criteo?")]
    public void Load_Mistake_IsNamed(string text, string message) =>
        Assert.Equal(message.Replace("KINDS", string.Join(", ", Words.All<FieldKind>().Keys), StringComparison.Ordinal), Fails(text));

    [Fact]
    public void Load_NeitherPresetNorFile_SaysSo() =>
        Assert.Contains("did you mean the preset criteo?", Assert.Throws<ConsortException>(() => Schema.Load("critoe")).Message,
            StringComparison.Ordinal);
}
