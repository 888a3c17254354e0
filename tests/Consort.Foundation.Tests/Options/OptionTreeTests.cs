using Consort.Foundation.Options;

namespace Consort.Foundation.Tests.Options;

public sealed class OptionTreeTests
{
    private const string Text = """
        name: a
        training: { batch_size: 32, learning_rate: 1e-2 }
        members:
          - { model: DNN, dropout: 0.1 }
          - { model: FM }
        phases:
          - name: first
            epochs: 2
          - name: second
            epochs: 3
        embedding:
          fields: { "site.id": { dimension: 4 } }
        """;

    private static readonly OptionTree Tree = OptionTree.Parse(Text, "exp.yaml");

    [Theory]
    [InlineData("name", "a", 1)]
    [InlineData("training.batch_size", "32", 2)]
    [InlineData("members[0].dropout", "0.1", 4)]
    [InlineData("members[1].model", "FM", 5)]
    [InlineData("phases[second].epochs", "3", 10)]
    [InlineData("phases[1].name", "second", 9)]
    [InlineData("embedding.fields.\"site.id\".dimension", "4", 12)]
    public void Find_APath_IsTheValueWithItsLine(string path, string value, long line)
    {
        Assert.Equal((value, "exp.yaml", line), (Tree.TextAt(path), Tree[path].Source, Tree[path].Line));
        Assert.Equal(path, OptionPath.Join(OptionPath.Split(path)));
    }

    [Theory]
    [InlineData("training.bacth_size", "exp.yaml:2: found no training.bacth_size; did you mean batch_size?")]
    [InlineData("trainign.batch_size", "exp.yaml:1: found no trainign; did you mean training?")]
    [InlineData("phases[secnd].epochs", "exp.yaml:7: found no phases[secnd]; did you mean [second]?")]
    [InlineData("members[2]", "exp.yaml:4: found no members[2]")]
    [InlineData("name.x", "exp.yaml:1: found no name.x")]
    public void Indexer_APathThatIsNotThere_NamesTheNearest(string path, string message)
    {
        Assert.Null(Tree.Find(path));
        Assert.StartsWith(message, Assert.Throws<ConsortException>(() => Tree[path]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_AnotherValue_ChangesThatAloneAndNotTheOriginal()
    {
        var changed = Tree.With("training.batch_size", 64).With("phases[second].epochs", 5).With("members[1].count", 3);
        Assert.Equal(["training.batch_size: 32, 64", "phases[second].epochs: 3, 5", "members[1].count: , 3"], changed.Differences(Tree)
            .Select(d => $"{d.Path}: {d.Before}, {d.Now}"));
        Assert.Equal(OptionTree.Parse(Text), Tree);
        Assert.Equal(Tree, changed.With("training.batch_size", 32).With("phases[1].epochs", 3).Without("members[1].count"));
    }

    [Fact]
    public void With_KeysThatAreMissing_AreMade()
    {
        var made = OptionTree.Parse("a: ~").With("a.b.c", true).With("d", OptionTree.List(1, 0.5));
        Assert.Equal(OptionTree.Parse("{ a: { b: { c: true } }, d: [1, 0.5] }"), made);
        Assert.Equal(1, made["a.b.c"].Line);
    }

    [Theory]
    [InlineData("name.x", "exp.yaml:1, key x: found a single value above it, expected keys and values")]
    [InlineData("phases[third].epochs", "exp.yaml:7: found no item [third] among 2")]
    [InlineData("phases.epochs", "exp.yaml:7: found no item epochs among 2")]
    public void With_AWayThatLeadsNowhere_IsAnError(string path, string message) =>
        Assert.StartsWith(message, Assert.Throws<ConsortException>(() => Tree.With(path, 1)).Message, StringComparison.Ordinal);

    [Fact]
    public void Without_PathsOfAllItems_LeavesTheRest()
    {
        var rest = Tree.Without("phases[*].epochs", "members[0]", "embedding", "nothing.there", "name.x");
        Assert.Equal(OptionTree.Parse(
            "{ name: a, training: { batch_size: 32, learning_rate: 1e-2 }, members: [{ model: FM }], phases: [{ name: first }, { name: second }] }"), rest);
    }

    [Fact]
    public void NumberAt_NumbersNothingAndWords_GivesTheNumberOrSaysWhereNoneIs()
    {
        Assert.Equal((32, 1e-2, null), (Tree.NumberAt("training.batch_size"), Tree.NumberAt("training.learning_rate"), Tree.NumberAt("seed")));
        Assert.Equal("exp.yaml:1: found a, expected a number", Assert.Throws<ConsortException>(() => Tree.NumberAt("name")).Message);
        Assert.StartsWith("exp.yaml:4: found [", Assert.Throws<ConsortException>(() => Tree["members"].Number).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Change_WhatStandsForNothing_StaysNothing() =>
        Assert.Null(OptionTree.Parse("{ a: ~ }").Change("a", a => 2 * a.Number).Find("a"));

    [Fact]
    public void Change_EachItem_IsTurnedIntoSomethingElse() =>
        Assert.Equal(["20", "30"], Tree.Change("phases[*].epochs", e => $"{e}0").ItemsAt("phases").Select(p => p.TextAt("epochs")));

    [Theory]
    [InlineData("{ a: 1e-2, b: yes }", "b: true\n\na: 0.01", true)]
    [InlineData("[1, 2]", "- 1\n- '2'", true)]
    [InlineData("{ a: 1 }", "{ a: 1, b: 2 }", false)]
    [InlineData("[1, 2]", "[2, 1]", false)]
    [InlineData("{ a: 1 }", "{ a: [1] }", false)]
    [InlineData("{ a: x }", "{ a: X }", false)]
    public void Equals_OtherNotations_GoesByValues(string first, string second, bool isEqual)
    {
        var (a, b) = (OptionTree.Parse(first), OptionTree.Parse(second));
        Assert.Equal(isEqual, a.Equals(b));
        if (isEqual)
            Assert.Equal(a.GetHashCode(), b.GetHashCode());
    }

    [Theory]
    [InlineData("a: 1\nb:\n- {x: 'y', z: \"q\\n\"}\n- [1, 2]\nc:\n  d: |-\n    two\n    lines\n")]
    [InlineData("a: ''\nb: \"null\"\nc: '5: x'\n")]
    [InlineData("a: \nb: ~\nc:\n- \n- null\n")]
    public void ToYaml_WhatWasRead_IsWrittenAsItStood(string text) => Assert.Equal(text, OptionTree.Parse(text).ToYaml());

    [Theory]
    [InlineData("null")]
    [InlineData("~")]
    [InlineData("")]
    [InlineData("a: b")]
    [InlineData("# no comment")]
    [InlineData("two\nlines ")]
    [InlineData("*alias")]
    [InlineData("{ x")]
    [InlineData("tab\tand\u0085more")]
    public void ToYaml_ATextMadeInCode_ReadsBack(string text)
    {
        var yaml = OptionTree.Keys(("a", text), ("b", OptionTree.List([text]))).ToYaml();
        Assert.Equal((text, text), (OptionTree.Parse(yaml).TextAt("a"), OptionTree.Parse(yaml).TextAt("b[0]")));
    }

    [Fact]
    public void Of_ATree_IsReadAsItsTextIs()
    {
        var map = OptionMap.Of(Tree.With("training.batch_size", 0));
        Assert.Equal("exp.yaml:2, key batch_size: found 0, expected 1 to 9",
            Assert.Throws<ConsortException>(() => map.Section("training").Integer("batch_size", 4, 1, 9)).Message);
        Assert.Equal("a", map.Text("name"));
        Assert.Equal(2, map.Maps("phases").Count);
    }

    [Fact]
    public void Resolve_WhatWasAskedFor_HasEveryDefault()
    {
        var map = OptionMap.Parse("training: { batch_size: 32 }\nphases: [{ name: x }]", "exp.yaml");
        var training = map.Section("training");
        Assert.Equal((32, 0.5), (training.Integer("batch_size", 1, 1, 99), training.Number("rate", 0.5, 0, 1)));
        Assert.Equal("x", Assert.Single(map.Maps("phases")).Text("name"));
        Assert.Equal("training:\n  batch_size: 32\n  rate: 0.5\nphases:\n- name: x\n", map.Resolve().ToYaml());
        Assert.Equal("0.5", map.Resolve().TextAt("training.rate"));
    }
}
