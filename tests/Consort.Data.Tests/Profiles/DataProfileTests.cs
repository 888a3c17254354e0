using System.Globalization;
using Consort.Data.Profiles;

namespace Consort.Data.Tests.Profiles;

public sealed class DataProfileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private DataProfile Of(string text, Func<ProfileRequest, ProfileRequest>? with = null) => DataProfile.Of(
        (with ?? (r => r))(new ProfileRequest([_folder.File("d.csv", text)])), TestContext.Current.CancellationToken);

    // A column beside a label that it says nothing of.
    private ColumnProfile Column(Func<int, string> cell, int rows = 400, string name = "x") => Of(
        $"click,{name}\n" + string.Concat(Enumerable.Range(0, rows).Select(i => $"{(i * 7 % 5 == 0 ? 1 : 0)},{cell(i)}\n"))).Columns[1];

    private static string N(double number) => number.ToString(CultureInfo.InvariantCulture);

    [Fact]
    public void Types_OfColumns_AreSeen()
    {
        Assert.Equal("constant", Column(_ => "a").Type);
        Assert.Equal("empty", Column(i => i % 2 == 0 ? "NA" : "").Type);
        Assert.Equal("boolean", Column(i => i % 3 == 0 ? "True" : "False").Type);
        Assert.Equal("whole", Column(i => N(i % 9)).Type);
        Assert.Equal("number", Column(i => N(i % 9 + 0.5)).Type);
        Assert.Equal("text", Column(i => "t" + N(i % 9)).Type);
        Assert.Equal("time", Column(i => $"2026-03-{i % 28 + 1:00}").Type);
        Assert.Equal("list", Column(i => $"a{i % 3}|b{i % 4}").Type);
    }

    [Fact]
    public void Missing_WhateverItIsCalled_IsCounted()
    {
        var column = Column(i => (i % 4) switch { 0 => "NULL", 1 => "", _ => N(i) });
        Assert.Equal(("whole", 200), (column.Type, column.Missing));
        Assert.Equal(["", "NULL"], column.MissingTexts.Select(m => m.Token).Order());
    }

    [Fact]
    public void Missing_NamibiaAmongCountries_IsAValue()
    {
        string[] codes = [.. Enumerable.Range(0, 25).Select(i => $"{(char)('A' + i)}X"), "NA"];
        Assert.Equal(0, Column(i => codes[i % codes.Length]).Missing);
        Assert.InRange(Column(i => i % 3 == 0 ? "NA" : "word" + N(i % 5)).Missing, 100, 200);
    }

    [Fact]
    public void Numbers_OfAColumn_AreSummed()
    {
        var numbers = Column(i => i % 2 == 0 ? N(i / 2) + ".0" : "-1").Numbers!;
        Assert.Equal((-1, 199, true, true, "-1"), (numbers.Min, numbers.Max, numbers.AreWhole, numbers.AsFloats, numbers.Mark));
        Assert.Equal(-1, numbers.Quantiles[2]);
        var plain = Column(i => N(i % 100)).Numbers!;
        Assert.Equal((49.5, null), (plain.Mean, plain.Mark));
        Assert.Equal(Math.Sqrt(833.25), plain.Deviation, 9);
        Assert.InRange(plain.Quantiles[3], 48, 50);
    }

    [Theory]
    [InlineData("when", "1772323200", "unix_s")]
    [InlineData("when", "1772323200123", "unix_ms")]
    [InlineData("when", "1772323200123456", "unix_us")]
    [InlineData("when", "1772323200123456789", "unix_ns")]
    [InlineData("hour", "26030105", "yymmddhh")]
    [InlineData("x", "2026-03-01T00:00:00+02:00", "iso")]
    [InlineData("x", "2026-03-01 00:00:00.123", "iso")]
    public void Times_OfAnyFormat_AreRead(string name, string text, string format)
    {
        var time = Column(i => i % 2 == 0 ? text : "", name: name).Time!;
        Assert.Equal(format, time.Format);
        Assert.Equal((2026, 1), (time.From.Year, time.Days.Count));
    }

    [Fact]
    public void Times_ByDay_HaveTheirClicks()
    {
        var profile = Of("t,click\n" + string.Concat(Enumerable.Range(0, 100).Select(i => $"2026-03-0{i / 50 + 1},{(i < 50 ? i % 2 : i % 5 == 0 ? 1 : 0)}\n")));
        Assert.Equal([new DayRate("2026-03-01", 50, 25), new DayRate("2026-03-02", 50, 10)], profile.Columns[0].Time!.Days);
        Assert.True(profile.Columns[0].Time!.InOrder);
    }

    [Fact]
    public void Lists_OfTokensThatComeAgain_AreSeen()
    {
        string[] colours = ["red", "blue", "green"];
        var list = Column(i => string.Join(';', colours.Take(i % 3 + 1))).List!;
        Assert.Equal((";", null, 3, 3), (list.Splitter, list.WeightSplitter, list.MaxLength, list.Tokens));
        Assert.Equal("|", Column(i => $"a{i % 3}:0.5|b{i % 4}:1").List!.Splitter);
        Assert.Equal(":", Column(i => $"a{i % 3}:0.5|b{i % 4}:1").List!.WeightSplitter);
        Assert.Null(Column(i => i % 2 == 0 ? "\"Washington, D.C.\"" : "Paris").List);
    }

    [Fact]
    public void Auc_OfWhatTellsTheClick_IsOne()
    {
        var random = new Random(1);
        var rows = string.Concat(Enumerable.Range(0, 2000).Select(_ =>
        {
            var click = random.Next(4) == 0 ? 1 : 0;
            return $"{click},{(click == 1 ? N(random.NextDouble()) : "0")},{random.Next(5)},{random.Next(100_000)}\n";
        }));
        var columns = Of("click,paid,noise,many\n" + rows).Columns;
        Assert.InRange(columns[1].Auc!.Value, 0.999, 1);
        Assert.InRange(columns[2].Auc!.Value, 0.4, 0.6);
        Assert.InRange(columns[3].Auc!.Value, 0.4, 0.6);
    }

    [Fact]
    public void Rows_OfALargeFile_AreSpreadOverIt()
    {
        var text = "click,n\n" + string.Concat(Enumerable.Range(0, 600_000).Select(i => $"{i % 2},{i:D7}\n"));
        var profile = Of(text, r => r with { Rows = 100_000 });
        Assert.Equal(600_000, profile.Rows);
        Assert.InRange(profile.RowsLookedAt, 60_000, 120_000);
        Assert.True(profile.Columns[1].Numbers!.Max > 400_000, "the end of the file was not looked at");
        Assert.InRange(profile.Columns[1].DistinctEstimate, profile.Columns[1].Distinct + 1, 600_000);
        Assert.Equal(600_000, Of(text, r => r with { Rows = 0 }).RowsLookedAt);
    }

    [Fact]
    public void Rows_WithQuotesFarDown_AreReadWithQuotes()
    {
        var text = "click,a\n" + string.Concat(Enumerable.Range(0, 300_000).Select(i => $"{i % 2},x{i % 3}\n")) + "1,\"x,y\"\n";
        Assert.True(Of(text, r => r with { Rows = 0 }).Dialect.Quoted);
        var message = Assert.Throws<ConsortException>(() => Of(text + "1,2,3\n", r => r with { Rows = 0 })).Message;
        Assert.Contains("d.csv:300002: found 3 columns, expected 2", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("click,a\n1,x\n0,y\n", null, "click")]
    [InlineData("bought,label\n1,x\n0,y\n", null, "label")] // label stands before bought
    [InlineData("a,is_click\nx,True\ny,False\n", null, "is_click")]
    [InlineData("a,sold\nx,0\ny,1\nz,1\n", null, "sold")] // alone with such values
    [InlineData("a,b\nx,p\ny,q\nz,q\n", "b", "b")]
    [InlineData("3,x\n4,y\n5,y\n", null, "c2")] // the last without names
    [InlineData("1,x\n0,y\n1,z\n", null, "c1")]
    public void Label_OfRows_IsFound(string text, string? asked, string expected) =>
        Assert.Equal(expected, Of(text, r => r with { Label = asked }).Label!.Column);

    [Theory]
    [InlineData("a,income\n1,<=50K\n2,>50K\n", ">50K")]
    [InlineData("a,label\n1,no\n2,YES\n", "YES")]
    [InlineData("a,label\n1,-1\n2,1\n", "1")]
    [InlineData("a,label\n1,1\n2,2\n", "2")]
    [InlineData("a,label\n1,ham\n2,spam\n3,ham\n", "spam")]
    public void Label_OfTexts_HasItsClick(string text, string click) =>
        Assert.Equal(click, Of(text).Label!.Values.Single(v => v.Value == 1).Key);

    [Theory]
    [InlineData("a,b\n1.5,x\n2.5,y\n3.5,z\n", null, "no column with two values")]
    [InlineData("a,b\nx,p\ny,q\nx,q\n", null, "a, b have two values")]
    [InlineData("label,b\n0,p\n1,q\n2,q\n", null, "3 values: 0, 1, 2")]
    [InlineData("label,b\n0,p\n1,q\n2,q\n", "labl", "did you mean")]
    public void Label_ThatCannotBeTold_IsExplained(string text, string? asked, string message)
    {
        var said = asked is null ? Of(text).LabelProblem : Assert.Throws<ConsortException>(() => Of(text, r => r with { Label = asked })).Message;
        Assert.Contains(message, said, StringComparison.Ordinal);
        Assert.Contains("--label", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Label_WithClicksNamed_TakesThem()
    {
        var label = Of("stars,b\n1,p\n4,q\n5,q\n", r => r with { Label = "stars", Clicks = ["4", "5"] }).Label!;
        Assert.Equal([("1", 0), ("4", 1), ("5", 1)], label.Values.OrderBy(v => v.Key).Select(v => (v.Key, v.Value)));
        Assert.Equal(2, label.Clicks);
        Assert.Contains("found no \"9\"", Assert.Throws<ConsortException>(
            () => Of("stars,b\n1,p\n4,q\n5,q\n", r => r with { Label = "stars", Clicks = ["9"] })).Message, StringComparison.Ordinal);
    }
}
