using Consort.Foundation.Options;

namespace Consort.Foundation.Tests.Options;

/// <summary>Options that are declared once.</summary>
public sealed class OptionSetTests
{
    private enum Tint
    {
        Red,
        Blue,
        Unnamed,
    }

    private sealed record Brush
    {
        public static OptionSet<Brush> Options { get; } = new OptionSet<Brush>(() => new())
            .Add("width", b => b.Width, (b, v) => b with { Width = v }, Domain.Number(0, 0.5), "how wide it is")
            .Add("hairs", b => b.Hairs, (b, v) => b with { Hairs = v }, Domain.Integers(1, 9), "hairs of each bundle")
            .Add("tint", b => b.Tint, (b, v) => b with { Tint = v }, Domain.Words(("red", Tint.Red), ("blue", Tint.Blue)), "its colour")
            .Require("hairs", b => b.Hairs.Count == 0 ? "found none, expected some" : null);

        public double Width { get; init => field = Options.Checked("width", value); } = 1e-6;

        public IReadOnlyList<int> Hairs { get; init => field = Options.Checked("hairs", value); } = [4, 2];

        public Tint Tint { get; init => field = Options.Checked("tint", value); } = Tint.Blue;
    }

    private sealed record Pair
    {
        public static OptionSet<Pair> Options { get; } = new OptionSet<Pair>(() => new())
            .Add("dry", p => p.Left.Width == 0, (p, v) => p with { Left = p.Left with { Width = v ? 0 : 0.1 } }, Domain.Flag,
                "whether the left one is dry")
            .Include(Brush.Options.Without("width"), p => p.Left, (p, v) => p with { Left = v }, "left_", "the left brush")
            .Include(Brush.Options, p => p.Right, (p, v) => p with { Right = v }, "right_");

        public Brush Left { get; init; } = new() { Hairs = [7] };

        public Brush Right { get; init; } = new();
    }

    private static readonly Catalogue<Brush> Brushes =
        new Catalogue<Brush>("name", usual: "plain").With("plain", "a brush", "-", Brush.Options, b => b);

    [Fact]
    public void Facts_OfASet_SayDefaultRangeAndMeaning()
    {
        Assert.Equal(new OptionFacts("width", OptionKind.Number, "0 to 0.5", "1e-6", "how wide it is"), Brush.Options.Of("width"));
        Assert.Equal(new OptionFacts("hairs", OptionKind.Integers, "each 1 to 9", "[4, 2]", "hairs of each bundle"),
            Brush.Options.Of("hairs"));
        Assert.Equal(new OptionFacts("tint", OptionKind.Word, "red, blue", "blue", "its colour"), Brush.Options.Of("tint"));
        Assert.False(Brush.Options.Has("colour"));
    }

    [Fact]
    public void Include_OfParts_HasTheirPrefixAndTheDefaultsOfTheWhole()
    {
        Assert.Equal(["dry", "left_hairs", "left_tint", "right_width", "right_hairs", "right_tint"], Pair.Options.Keys);
        Assert.Equal(("[7]", "the left brush: hairs of each bundle"),
            (Pair.Options.Of("left_hairs").Default, Pair.Options.Of("left_hairs").Meaning));
        Assert.Equal("[4, 2]", Pair.Options.Of("right_hairs").Default);
    }

    [Fact]
    public void Read_OfAFile_SetsWhatIsGivenAndNothingElse()
    {
        var map = OptionMap.Parse("{ dry: true, left_tint: RED, right_width: 0.25 }", "pair.yaml");
        var pair = Pair.Options.Read(map);
        map.Close();
        Assert.Equal((0.0, Tint.Red, 0.25, Tint.Blue), (pair.Left.Width, pair.Left.Tint, pair.Right.Width, pair.Right.Tint));
        Assert.Equal([7], pair.Left.Hairs);
    }

    [Theory]
    [InlineData("right_width: 2", "pair.yaml:1, key right_width: found 2, expected 0 to 0.5")]
    [InlineData("left_hairs: [3, 10]", "pair.yaml:1, key left_hairs: found 10, expected 1 to 9")]
    [InlineData("left_hairs: []", "pair.yaml:1, key left_hairs: found none, expected some")]
    [InlineData("left_tint: bleu", "pair.yaml:1, key left_tint: found \"bleu\", expected one of red, blue; did you mean blue?")]
    public void Read_AMistake_SaysWhereAndWhatWasExpected(string text, string message) =>
        Assert.Equal(message, Assert.Throws<ConsortException>(() => Pair.Options.Read(OptionMap.Parse(text, "pair.yaml"))).Message);

    [Theory]
    [InlineData(0.6)]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    public void Init_OutOfRange_NamesOptionValueAndRange(double width)
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => new Brush { Width = width });
        Assert.Equal(("width", Domain.Show(width)), (e.ParamName, e.ActualValue));
        Assert.Contains("expected 0 to 0.5", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Init_OfAnyKind_IsChecked()
    {
        Assert.Equal("[1, 0]", Assert.Throws<ArgumentOutOfRangeException>(() => new Brush { Hairs = [1, 0] }).ActualValue);
        Assert.Contains("red, blue", Assert.Throws<ArgumentOutOfRangeException>(() => new Brush { Tint = Tint.Unnamed }).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Pair.Options.Check(new Pair { Right = new Brush { Hairs = [] } }));
        Pair.Options.Check(new Pair());
    }

    [Fact]
    public void Write_ThenRead_IsTheSameAgain()
    {
        var pair = new Pair
        {
            Left = new Brush { Hairs = [], Tint = Tint.Red, Width = 0 },
            Right = new Brush { Hairs = [1, 2, 3], Width = 0.125 }
        } with
        { Left = new Brush { Width = 0.1 } };
        var text = string.Join('\n', Pair.Options.Write(pair).Select(o => $"{o.Key}: {o.Value}"));
        Assert.True(Pair.Options.AreEqual(pair, Pair.Options.Read(OptionMap.Parse(text, "pair.yaml"))));
        Assert.False(Pair.Options.AreEqual(pair, new Pair()));
    }

    [Fact]
    public void Catalogue_WithOneMore_KnowsBoth()
    {
        var more = Brushes.With("wide", "a wide brush", "-", Brush.Options, b => b with { Width = 0.5 });
        Assert.Equal(0.5, more.Create(OptionMap.Parse("name: wide", "b.yaml")).Width);
        Assert.Equal(1e-6, more.Create(OptionMap.Empty("b.yaml")).Width);
        Assert.Null(Brushes.Find("wide"));
        Assert.Equal("b.yaml:1, key name: found \"wide\", expected one of plain",
            Assert.Throws<ConsortException>(() => Brushes.Create(OptionMap.Parse("name: wide", "b.yaml"))).Message);
    }
}
