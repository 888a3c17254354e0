using Consort.Foundation.Options;

namespace Consort.Foundation.Tests.Options;

public sealed class OptionMapTests
{
    private static OptionMap Parse(string text) => OptionMap.Parse(text, "exp.yaml");

    private static string Fails(Action action) => Assert.Throws<ConsortException>(action).Message;

    [Fact]
    public void Values_Given_AreRead()
    {
        var map = Parse("a: 3\nb: 0.5\nc: yes\nd: [1, 2]\ne: {f: x}\ng:\n  - {h: 1}\n  - {h: 2}\nempty: ~\n");
        Assert.Equal(3, map.Integer("a", 0, 0, 5));
        Assert.Equal(0.5, map.Number("b", 0, 0, 1));
        Assert.True(map.Flag("c", false));
        Assert.Equal([1, 2], map.Integers("d", [], 0, 9));
        Assert.Equal([3.0], map.Numbers("a", [], 0, 9));
        Assert.Equal("x", map.Map("e")!.Text("f"));
        Assert.Equal([1, 2], map.Maps("g").Select(m => m.Integer("h", 0, 0, 9)));
        Assert.False(map.Has("empty"));
        Assert.Equal(7, map.Integer("empty", 7, 0, 9));
        map.Close();
    }

    [Fact]
    public void Close_UnknownKey_NamesLineAndNearest()
    {
        var map = Parse("seed: 1\nbacth_size: 7\n");
        map.Long("seed", 0, 0, 9);
        map.Integer("batch_size", 1, 1, 9);
        Assert.Equal("exp.yaml:2: unknown key \"bacth_size\"; did you mean \"batch_size\"?", Fails(map.Close));
    }

    [Fact]
    public void Close_UnknownKeyInNestedMap_IsFound()
    {
        var map = Parse("tower:\n  units: 4\n  dropuot: 1\n");
        var tower = map.Map("tower")!;
        tower.Integer("units", 0, 0, 9);
        tower.Number("dropout", 0, 0, 1);
        Assert.StartsWith("exp.yaml:3: unknown key \"dropuot\"", Fails(map.Close), StringComparison.Ordinal);
    }

    [Fact]
    public void Integer_OutOfRange_NamesRange() =>
        Assert.Equal("exp.yaml:2, key b: found 12, expected 1 to 10", Fails(() => Parse("a: 1\nb: 12").Integer("b", 1, 1, 10)));

    [Fact]
    public void Number_Text_NamesIt() =>
        Assert.Equal("exp.yaml:1, key a: found \"x\", expected a number", Fails(() => Parse("a: x").Number("a", 1, 0, 1)));

    [Fact]
    public void Choice_Misspelt_NamesNearest() =>
        Assert.Equal("exp.yaml:1, key o: found \"adma\", expected one of adam, sgd; did you mean adam?",
            Fails(() => Parse("o: adma").Choice("o", 0, new Dictionary<string, int> { ["adam"] = 1, ["sgd"] = 2 })));

    [Theory]
    [InlineData("a: [1")]
    [InlineData("a: 1\na: 2")]
    [InlineData("- 1\n- 2")]
    [InlineData("a: 1\n---\nb: 2")]
    [InlineData("{[1]: 2}")]
    public void Parse_Malformed_NamesSourceAndLine(string text) => Assert.Matches(@"^exp\.yaml:\d+: ", Fails(() => Parse(text)));

    [Fact]
    public void Load_Missing_SaysSo() => Assert.Equal("nowhere.yaml: file not found", Fails(() => OptionMap.Load("nowhere.yaml")));

    [Fact]
    public void Map_WhereScalarStands_Fails() =>
        Assert.Equal("exp.yaml:1, key a: found a single value, expected keys and values", Fails(() => Parse("a: 1").Map("a")));
}
