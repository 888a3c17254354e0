using System.Globalization;
using System.Text;
using Consort.Foundation.Options;

namespace Consort.Foundation.Tests.Options;

public sealed class YamlReaderTests
{
    private static string Fails(string text) => Assert.Throws<ConsortException>(() => YamlReader.Parse(text, "exp.yaml")).Message;

    [Theory]
    [InlineData("b: 1\na: [1,\n  2\n\n",
        "exp.yaml:5: malformed YAML: While parsing a flow sequence, did not find expected ',' or ']'; the [ of line 2 is not closed")]
    [InlineData("data:\n  *a : 1\n", "exp.yaml:2: found *a, expected an anchor &a whose value is complete before it")]
    [InlineData("a: &x [*x]\n", "exp.yaml:1: found *x, expected an anchor &x")]
    [InlineData("a:\n\t- b\n", "exp.yaml:2: malformed YAML: found a tab, expected spaces")]
    [InlineData("a: 1\n[b]: 2\n", "exp.yaml:2: found a list as a key, expected a word")]
    [InlineData("a: 1\n? {b: 1}\n: 2\n", "exp.yaml:2: found a mapping as a key")]
    [InlineData("a: 1\nb: 2\na: 3\n", "exp.yaml:3: found the key a a second time, after line 1; expected each key once")]
    [InlineData("a: 1\n---\nb: 2\n", "exp.yaml:2: found a second YAML document")]
    [InlineData("a: 1\nb: x\0y\n", "exp.yaml:2: found the control character 0x00, expected text saved as UTF-8")]
    [InlineData("a: 1\nb: x\u001by\n", "exp.yaml:2: found the control character 0x1b")]
    [InlineData("a: \"x\\0y\"\n", "exp.yaml:1: found a text with a NUL character")]
    [InlineData("a: \"\\ud800\"\n", "exp.yaml:1: ")]
    [InlineData("a: 1\n<<: 3\n", "exp.yaml:2: found no mapping under <<")]
    [InlineData("data: {schema: criteo, source: a}\nmembers: [\n  {model: DNN},\n  {model: FM}\ntraining: {epochs: 1}\n",
        "exp.yaml:3: malformed YAML: expected keys and values, with texts that hold special characters in quotes; the [ of line 2 is not closed")]
    [InlineData("preset: criteo\nmissing: [NA,\n  null\n", "exp.yaml:4: malformed YAML: ")]
    [InlineData("a: 1\nb:\n  - : wee?day, kin\n", "exp.yaml:3: malformed YAML: found a key without a value")]
    [InlineData("members: [ { model: DeepFM, hidden_units: *h } ]\n", "exp.yaml:1: found *h, expected an anchor &h")]
    public void Parse_AMistake_SaysTheLine(string text, string expected) =>
        Assert.StartsWith(expected, Fails(text), StringComparison.Ordinal);

    [Fact]
    public void Parse_HalfASurrogatePair_IsAnError() =>
        Assert.StartsWith("exp.yaml:1: found half a surrogate pair", Fails("a: \"\ud800\"\n"), StringComparison.Ordinal);

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    [InlineData("&a ")]
    public void Parse_NestedAHundredThousandDeep_IsAnError(string opening) =>
        Assert.StartsWith("exp.yaml:", Fails(string.Concat(Enumerable.Repeat(opening, 100_000))), StringComparison.Ordinal);

    // Each level stands for ten of the one before.
    [Fact]
    public void Parse_ABillionLaughs_IsAnError()
    {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 10; i++)
        {
            var before = string.Create(CultureInfo.InvariantCulture, $"*a{i - 1}");
            text.Append(CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat(before, 10))}]\n");
        }
        Assert.Matches(@"^exp\.yaml:\d+: found aliases that stand for more than 2000000 values", Fails(text.ToString()));
    }

    [Fact]
    public void Parse_ALadderOfAliases_IsBoundedInDepth()
    {
        var text = new StringBuilder("a0: &a0 x\n");
        for (var i = 1; i < 100; i++) text.Append(CultureInfo.InvariantCulture, $"a{i}: &a{i} [*a{i - 1}]\n");
        Assert.Matches(@"^exp\.yaml:\d+: found deeper nesting, expected at most 64 levels", Fails(text.ToString()));
    }

    [Fact]
    public void Parse_AliasesAndMergeKeys_AreWhatTheyStandFor()
    {
        const string Text = "base: &b {rate: 1, units: &u [8, 4]}\nother: {<<: *b, rate: 2}\nboth: {<<: [*b, {rate: 9, more: 3}]}\nunits: *u\n";
        var map = OptionMap.Parse(Text, "exp.yaml");
        Assert.Equal([8, 4], map.Integers("units", [], 0, 9));
        OptionMap other = map.Map("other")!, both = map.Map("both")!;
        Assert.Equal(["rate", "units"], other.Keys);
        Assert.Equal(2, other.Integer("rate", 0, 0, 9));
        Assert.Equal([8, 4], other.Integers("units", [], 0, 9));
        Assert.Equal((1, 3), (both.Integer("rate", 0, 0, 9), both.Integer("more", 0, 0, 9)));
    }

    [Fact]
    public void Parse_RepeatedKeysThatAreAllowed_KeepsTheLastAndTells()
    {
        var told = new List<RepeatedKey>();
        var root = (OptionGroup)YamlReader.Parse("a: 1\nb: 2\na: 3\n", "exp.yaml", told.Add)!;
        Assert.Equal([new RepeatedKey("a", 1, 3)], told);
        Assert.Equal(["a", "b"], root.Entries.Select(e => e.Key));
        Assert.Equal("3", root.TextAt("a"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    public void Parse_NoContent_IsNull(string text) => Assert.Null(YamlReader.Parse(text, "exp.yaml"));

    [Fact]
    public void Load_AnyUnicodeEncoding_IsTheSameText()
    {
        using var folder = new TempFolder();
        foreach (var encoding in new System.Text.Encoding[] { new UTF8Encoding(false), new UTF8Encoding(true),
            new UnicodeEncoding(false, true), new UnicodeEncoding(true, true) })
        {
            var path = folder.At("exp.yaml");
            File.WriteAllText(path, "name: Größe €\n", encoding);
            Assert.Equal("Größe €", OptionMap.Load(path).Text("name"));
        }
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', (byte)':', (byte)' ', (byte)'1', 10, (byte)'b', (byte)':', (byte)' ', 0xe9, 10 },
        ":2: found the byte 0xe9, which is not UTF-8")]
    [InlineData(new byte[] { (byte)'a', 0, (byte)':', 0, (byte)' ', 0, (byte)'1', 0 },
        ":1: found the control character 0x00, expected text saved as UTF-8")]
    [InlineData(new byte[] { 0xff, 0xfe, (byte)'a', 0, 0, 0xd8 }, ": found damaged UTF-16")]
    public void Load_BytesThatAreNoText_SaysWhere(byte[] bytes, string expected)
    {
        using var folder = new TempFolder();
        var path = folder.At("exp.yaml");
        File.WriteAllBytes(path, bytes);
        Assert.StartsWith(path + expected, Assert.Throws<ConsortException>(() => OptionMap.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AHugeFile_StopsAtTheBound()
    {
        using var folder = new TempFolder();
        var path = folder.File("exp.yaml", new byte[(16 << 20) + 1]);
        Assert.Equal($"{path}: found more than 16 MiB, expected a YAML file of at most that",
            Assert.Throws<ConsortException>(() => OptionMap.Load(path)).Message);
    }

    [Fact]
    public void Load_AFolder_SaysSo()
    {
        using var folder = new TempFolder();
        Assert.EndsWith("found a folder, expected a YAML file",
            Assert.Throws<ConsortException>(() => OptionMap.Load(folder.At("."))).Message, StringComparison.Ordinal);
    }
}
