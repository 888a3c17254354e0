using Consort.Studies.Reports.Plots;

namespace Consort.Experiments.Tests.Reports;

public sealed class AxisTests
{
    [Fact]
    public void Linear_CloseValues_HasRoundTicksWithAsManyDigitsAsTheyNeed()
    {
        var axis = Axis.Linear([0.98401, 0.98702]);
        Assert.Equal(["0.984", "0.985", "0.986", "0.987"], axis.Ticks.Select(t => t.Label));
        Assert.True(axis.Low < 0.98401 && axis.High > 0.98702);
        Assert.Equal(0.5, axis.Place((axis.Low + axis.High) / 2), 12);
    }

    [Theory]
    [InlineData(-3, 7)]
    [InlineData(0, 1e-9)]
    [InlineData(1e6, 3e6)]
    [InlineData(0.5, 0.5)]
    [InlineData(0, 0)]
    public void Linear_AnyRange_TicksRiseInEqualStepsWithinIt(double low, double high)
    {
        var axis = Axis.Linear([low, double.NaN, high]);
        Assert.InRange(axis.Ticks.Count, 2, 9);
        Assert.All(axis.Ticks, t => Assert.InRange(axis.Place(t.Value), -1e-9, 1 + 1e-9));
        var steps = axis.Ticks.Zip(axis.Ticks.Skip(1), (a, b) => b.Value - a.Value).ToList();
        Assert.All(steps, s => Assert.Equal(1, s / steps[0], 6));
        Assert.Equal(axis.Ticks.Count, axis.Ticks.Select(t => t.Label).Distinct().Count());
    }

    [Fact]
    public void Between_FromZero_HasNoNegativeZero() => Assert.Equal("0.0", Axis.Between(0, 0.8).Ticks[0].Label);

    [Fact]
    public void Logarithmic_ManyDecades_HasPowersOfTen()
    {
        var axis = Axis.Logarithmic([1e-6, 0, double.NaN, 1]);
        Assert.Equal(["10⁻⁶", "10⁻⁵", "10⁻⁴", "0.001", "0.01", "0.1", "1"], axis.Ticks.Select(t => t.Label));
        Assert.True(double.IsNaN(axis.Place(0)));
        Assert.Equal(axis.Place(1e-2) - axis.Place(1e-3), axis.Place(1e-4) - axis.Place(1e-5), 12);
    }

    [Fact]
    public void Logarithmic_OneDecade_HasTicksBetween() =>
        Assert.Equal(["0.1", "0.2", "0.5", "1"], Axis.Logarithmic([0.1, 1]).Ticks.Select(t => t.Label));

    [Fact]
    public void Whole_FewNumbers_HasATickAtEach() =>
        Assert.Equal([1.0, 2, 4, 10], Axis.Whole([0.94, 2.06, 1.06, 4, 10]).Ticks.Select(t => t.Value));

    [Fact]
    public void Whole_ManyNumbers_HasFewTicks()
    {
        var axis = Axis.Whole(Enumerable.Range(1, 100).Select(i => (double)i));
        Assert.InRange(axis.Ticks.Count, 3, 8);
        Assert.All(axis.Ticks, t => Assert.Equal(t.Value, Math.Round(t.Value)));
    }
}
