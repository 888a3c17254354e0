using Consort.Foundation.Options;

namespace Consort.Foundation.Tests.Options;

public sealed class JsonOptionsTests
{
    private static string Fails(string text) => Assert.Throws<ConsortException>(() => JsonOptions.Parse(text, "model.json")).Message;

    [Fact]
    public void Parse_Values_HaveTheirLines()
    {
        var tree = JsonOptions.Parse("// a comment\n{\n  \"a\": 1,\n  \"b\": [\n    { \"c\": \"x\" }\n  ]\n}\n", "model.json");
        Assert.Equal((3L, 5L), (tree["a"].Line, tree["b[0].c"].Line));
        Assert.Equal("model.json:5, key c: found \"x\", expected a whole number",
            Assert.Throws<ConsortException>(() => OptionMap.Of(tree).Maps("b")[0].Integer("c", 0, 0, 9)).Message);
    }

    [Theory]
    [InlineData("{\n  \"a\": 1,\n  \"a\": 2\n}", "model.json:3: found the key a a second time, after line 2; expected each key once")]
    [InlineData("{\n  \"a\": 1\n", "model.json:3: malformed JSON")]
    [InlineData("{\n  a: 1\n}", "model.json:2: malformed JSON")]
    [InlineData("{}\n{}", "model.json:2: malformed JSON")]
    [InlineData("", "model.json:1: malformed JSON")]
    [InlineData("{ \"a\": \"x\\u0000y\" }", "model.json:1: found a text with a NUL character")]
    [InlineData("{ \"a\": \"\\ud800\" }", "model.json:1: malformed JSON: found half a surrogate pair")]
    [InlineData("{ \"a\": x }\0", "model.json:1: found the control character 0x00")]
    public void Parse_AMistake_SaysTheLine(string text, string expected) =>
        Assert.StartsWith(expected, Fails(text), StringComparison.Ordinal);

    [Fact]
    public void Parse_NestedAThousandDeep_IsAnError() => Assert.StartsWith("model.json:1: malformed JSON", Fails(new string('[', 1000)),
        StringComparison.Ordinal);

    // As YAML reads them: whatever the notation, the values are the same, also where JSON has no such number.
    [Theory]
    [InlineData("a: 1\nb: -0.5\nc: 1e-2\nd: 007\ne: .5\nf: 1E-05\ng: 123456789012345678901\nh: .inf")]
    [InlineData("a: true\nb: yes\nc: \"true\"\nd: off")]
    [InlineData("a: null\nc: \"null\"\nd: ''")]
    [InlineData("a: [1, two, [3, { b: x }]]\nb: {}\nc: []\n\"d.e\": \"{ x\"")]
    [InlineData("a: \"tab\\tquote\\\"\\u0085\\u2028\\ufeff\\U0001f600 ä\"")]
    public void Write_AnyTree_ReadsBackEqualHereAndAsYaml(string yaml)
    {
        var tree = OptionTree.Parse(yaml);
        var json = JsonOptions.Write(tree);
        Assert.Equal(tree, JsonOptions.Parse(json, "again"));
        Assert.Equal(tree, OptionTree.Parse(json));
        Assert.Equal(tree.Find("a") is null, JsonOptions.Parse(json, "again").Find("a") is null);
    }

    [Theory]
    [InlineData("a: ~\nb: 1")]
    [InlineData("a:\nb: 1")]
    public void Write_Nothing_IsNull(string yaml)
    {
        Assert.Equal("{\n  \"a\": null,\n  \"b\": 1\n}", JsonOptions.Write(OptionTree.Parse(yaml)));
        Assert.False(OptionMap.Of(JsonOptions.Parse(JsonOptions.Write(OptionTree.Parse(yaml)), "again")).Has("a"));
    }
}
