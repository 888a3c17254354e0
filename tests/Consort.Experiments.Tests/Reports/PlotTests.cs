using System.Xml.Linq;
using Consort.Learning.Diagnostics;
using Consort.Studies.Reports.Plots;

namespace Consort.Experiments.Tests.Reports;

public sealed class PlotTests
{
    private static readonly XNamespace Space = "http://www.w3.org/2000/svg";

    [Fact]
    public void Line_WithGapsAndIntervals_IsWellFormedAndTellsItsPoints()
    {
        var svg = XElement.Parse(new LinePlot
        {
            Description = "a \"b\" < c & d",
            Lines = [new Line("one", [new(1, 0.5, 0.4, 0.6, "tip <1>"), new(2, double.NaN), new(3, 0.7)], 0)],
            XName = "x",
            YName = "y",
        }.Draw());
        Assert.Equal("a \"b\" < c & d", svg.Attribute("aria-label")!.Value);
        Assert.Contains(svg.Descendants(Space + "title"), t => t.Value == "tip <1>");
        Assert.Equal(3, svg.Descendants(Space + "line").Count(l => l.Attribute("class")!.Value == "bar c0"));
        Assert.DoesNotContain("NaN", svg.ToString(), StringComparison.Ordinal);
        var path = svg.Descendants(Space + "path").First(p => p.Attribute("class")!.Value.StartsWith("line", StringComparison.Ordinal));
        Assert.Equal(2, path.Attribute("d")!.Value.Count(c => c == 'M')); // the gap
    }

    [Theory]
    [InlineData(350)]
    [InlineData(820)]
    public void Strip_OfAnyWidth_KeepsEveryDotInside(double width)
    {
        var svg = XElement.Parse(new StripPlot
        {
            Description = "d",
            Name = "AUC",
            Strips = [new Strip(new string('n', 60), [(0.70, "a"), (0.75, "b")], 0.72, 0.6, 0.8, "mean"),
                new Strip("short", [], 0.71, null, null, "alone")],
            Levels = [new Level(0.85, "best reachable")],
        }.Draw(width));
        var places = svg.Descendants(Space + "circle").Select(c => (double)c.Attribute("cx")!).ToList();
        Assert.True(places.Count >= 4);
        Assert.All(places, x => Assert.InRange(x, 0, width));
    }

    [Fact]
    public void Heat_WithAnEmptyCell_DrawsTheOthersWithNumbers()
    {
        var svg = XElement.Parse(new HeatMap
        {
            Description = "d",
            Names = ["0", "1"],
            Values = [[1, double.NaN], [0.25, 1]],
            Low = 0,
            High = 1,
        }.Draw());
        Assert.Equal(["0 and 0: 1.000", "1 and 0: 0.250", "1 and 1: 1.000"], svg.Descendants(Space + "title").Select(t => t.Value));
        Assert.Equal(3, svg.Descendants(Space + "rect").Count());
    }

    [Fact]
    public void Reliability_OnTheDiagonal_PutsPointsThere()
    {
        var svg = XElement.Parse(new ReliabilityPlot
        {
            Description = "d",
            Curves = [new Reliability("run", new CalibrationCurve([new(1000, 0.1, 0.1), new(1000, 0.5, 0.5)], 0, 0, 0.3, 0.3), 0)],
        }.Draw());
        Assert.Contains(svg.Descendants(Space + "title"), t =>
            t.Value.Contains("observed 50.00 % of 1,000 rows", StringComparison.Ordinal));
        var diagonal = svg.Descendants(Space + "line").Single(l => l.Attribute("class")!.Value == "level");
        var slope = ((double)diagonal.Attribute("y2")! - (double)diagonal.Attribute("y1")!) / ((double)diagonal.Attribute("x2")!
            - (double)diagonal.Attribute("x1")!);
        foreach (var mark in svg.Descendants(Space + "circle").Where(c => c.Attribute("class")!.Value == "shape"))
            Assert.Equal((double)mark.Attribute("cy")!, (double)diagonal.Attribute("y1")!
                + (slope * ((double)mark.Attribute("cx")! - (double)diagonal.Attribute("x1")!)), 1);
    }

    [Fact]
    public void Wilson_KnownCase_IsAsPublished()
    {
        var (low, high) = ReliabilityPlot.Wilson(81.0 / 263, 263); // Newcombe 1998, table I
        Assert.Equal((0.2553, 0.3662), (Math.Round(low, 4), Math.Round(high, 4)));
    }

    [Fact]
    public void Escape_ControlCharacters_AreLeftOut() => Assert.Equal("a&lt;b&amp;&quot;", Svg.Escape("a\u0001<b&\""));
}
