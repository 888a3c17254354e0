using Consort.Experiments.Statistics;
using Consort.Studies.Distilling;

namespace Consort.Experiments.Tests.Distilling;

public sealed class DistilResultTests
{
    // (student − alone) / (teacher − alone) = (0.72 − 0.70) / (0.74 − 0.70)
    [Theory]
    [InlineData(0.01, 0.5)]
    [InlineData(0.0, null)]
    [InlineData(-0.01, null)]
    public void Kept_ByTheLowEndOfTheGain_IsAShareOrNothing(double low, double? expected)
    {
        var gain = new Comparison(0.04, 0.015, low, 0.07, 0.01);
        var kept = new DistilResult(Line(0.74), Line(0.72), Line(0.70), null, null, gain).Kept;
        Assert.Equal(expected is null, kept is null);
        Assert.Equal(expected ?? 0, kept ?? 0, 12);
    }

    [Fact]
    public void Kept_NoStudentAlone_IsNothing() => Assert.Null(new DistilResult(Line(0.74), Line(0.72), null, null, null, null).Kept);

    private static DistilLine Line(double auc) => new("", auc, 0.4, 1);
}
