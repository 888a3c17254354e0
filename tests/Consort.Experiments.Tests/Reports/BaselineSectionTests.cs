using Consort.Experiments.Statistics;
using Consort.Studies.Reports.Pages;
using Consort.Studies.Reports.Reading;

namespace Consort.Experiments.Tests.Reports;

/// <summary>A setting of several seeds beside a baseline of several.</summary>
public sealed class BaselineSectionTests
{
    [Fact]
    public void Over_SeedsOfBoth_AddsTheirErrorsToThatOfTheRows()
    {
        Comparison[] lines = [Comparison.FromNormal(0.010, 0.003), Comparison.FromNormal(0.014, 0.003), Comparison.FromNormal(0.012, 0.003)];
        var over = BaselineSection.Over(lines, new BaselineFile("LightGBM", 4, 0.7, 0.004, 0.5, []));
        Assert.Equal(0.012, over.Difference, 1e-12);
        Assert.Equal(Math.Sqrt((0.003 * 0.003) + (0.002 * 0.002 / 3) + (0.004 * 0.004 / 4)), over.StandardError, 1e-12);
        var alone = BaselineSection.Over(lines[..1], new BaselineFile("LightGBM", 1, 0.7, double.NaN, 0.5, []));
        Assert.Equal((0.003, double.PositiveInfinity), (alone.StandardError, alone.Degrees)); // of rows alone
    }
}
