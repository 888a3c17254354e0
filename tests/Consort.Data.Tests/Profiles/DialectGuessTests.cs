using Consort.Data.Profiles;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Tests.Profiles;

public sealed class DialectGuessTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Schema Of(string text) => DialectGuess.Of(_folder.File("d.dat", text), SourceCatalogue.BuiltIn, TestContext.Current.CancellationToken);

    [Theory]
    [InlineData("\t", "click\ta\tb\n1\tx\t2.5\n0\ty|z\t3\n")]
    [InlineData(",", "click,a,b\n1,x,2.5\n0,y|z,3\n")]
    [InlineData(";", "click;a;b\n1;x;2,5\n0;y|z;3\n")]
    [InlineData("|", "click|a|b\n1|x|2.5\n0|y,z|3\n")]
    [InlineData("::", "click::a::b\n1::x::2.5\n0::y z::3\n")]
    [InlineData("\u0001", "click\u0001a\u0001b\n1\u0001x\u00012.5\n0\u0001y,z\u00013\n")]
    [InlineData(" ", "click a b\n1 x 2.5\n0 y 3\n")]
    public void Of_AnyDelimiter_CutsThreeNamedColumns(string delimiter, string text)
    {
        foreach (var ends in new[] { text, text.Replace("\n", "\r\n", StringComparison.Ordinal), "\ufeff" + text, text.TrimEnd() })
        {
            var schema = Of(ends);
            Assert.Equal(delimiter, schema.Delimiter.Text);
            Assert.True(schema.Header);
            Assert.False(schema.Quoted);
            Assert.Equal(["click", "a", "b"], schema.Fields.Select(f => f.Name));
        }
    }

    [Theory]
    [InlineData("1,x,y\n0,x,z\n1,w,z\n", false)] // a number is no name
    [InlineData("red,apple\nblue,pear\nred,plum\n", false)] // red comes again
    [InlineData("colour,fruit\nblue,pear\nred,plum\nblue,plum\n", true)] // neither does
    [InlineData("when,what\n2026-01-02,x\n2026-01-03,y\n", true)] // a date below
    [InlineData("click,what\nx,y\nz,w\n", true)] // the name of a label
    [InlineData("0,1,2\n7,8,1\n9,5,0\n", true)] // as pandas writes names that are none
    [InlineData("<=50K,a\n>50K,b\n", false)] // no name begins so
    public void Of_FirstRow_IsHeaderWhereItsCellsAreNames(string text, bool header) => Assert.Equal(header, Of(text).Header);

    [Fact]
    public void Of_Quotes_AreSeenWhereTheyStandAsTheyMust()
    {
        Assert.True(Of("a,click\n\"x, \"\"y\"\"\nz\",1\nw,0\n").Quoted);
        var inches = Of("click,screen\n1,5\"\n0,6\"\n");
        Assert.False(inches.Quoted);
        Assert.Equal(2, inches.Fields.Count);
    }

    [Fact]
    public void Of_SpacesAroundCells_AreTrimmed()
    {
        var schema = Of("click, a, b\n1, x, 2\n0, y, 3\n");
        Assert.True(schema.Trim);
        Assert.Equal(["click", "a", "b"], schema.Fields.Select(f => f.Name));
    }

    [Fact]
    public void Of_Pairs_AreKnownByTheirShape()
    {
        var svm = Of("1 1:0.5 3:2 # a comment\n0 2:1\n");
        Assert.Equal((DataFormat.Libsvm, PairMeaning.Indexed, 1, 4), (svm.Format, svm.Pairs, svm.FirstIndex, svm.Fields.Count));
        var positional = Of("1 3:1 12:1 101:1\n0 4:1 17:1 120:1\n");
        Assert.Equal((DataFormat.Libsvm, PairMeaning.Positional, 4), (positional.Format, positional.Pairs, positional.Fields.Count));
        var ffm = Of("1 0:7:1 1:9:2.5\n0 0:8:1 1:9:3\n");
        Assert.Equal(DataFormat.Libffm, ffm.Format);
        Assert.Equal([FieldKind.Label, FieldKind.Categorical, FieldKind.Numeric], ffm.Fields.Select(f => f.Kind));
    }

    [Theory]
    [InlineData("", "found an empty file")]
    [InlineData("\n\r\n", "found an empty file")]
    [InlineData("{\"click\":1}\n", "look like JSON")]
    [InlineData("click,a,a\n1,2,3\n0,2,4\n", "found two columns named \"a\"")]
    [InlineData("\0\0\0\0\0\0\0\0", "no text")]
    public void Of_WhatIsNoRows_IsNamed(string text, string message) =>
        Assert.Contains(message, Assert.Throws<ConsortException>(() => Of(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Of_Latin1_SaysLineAndMend()
    {
        var path = _folder.File("l.csv", [.. "click,city\n1,Paris\n0,Malm"u8, 0xF6, .. "\n"u8]);
        var message = Assert.Throws<ConsortException>(() => DialectGuess.Of(path, SourceCatalogue.BuiltIn, TestContext.Current.CancellationToken)).Message;
        Assert.Contains("l.csv:3: found bytes that are not UTF-8", message, StringComparison.Ordinal);
        Assert.Contains("iconv", message, StringComparison.Ordinal);
    }
}
