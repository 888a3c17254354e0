using Consort.Learning.Diagnostics;

namespace Consort.Learning.Tests.Diagnostics;

public sealed class CalibrationCurveTests
{
    // p = 0.2, 0.25, 0.5, 0.8
    private static readonly float[] Logits = [(float)Math.Log(4), -(float)Math.Log(4), 0, -(float)Math.Log(3)];
    private static readonly float[] Labels = [1, 0, 1, 1];

    [Fact]
    public void Of_TwoBinsByHand_Match()
    {
        var curve = CalibrationCurve.Of(Logits, Labels, 2);
        Assert.Equal([2L, 2L], curve.Bins.Select(b => b.Rows));
        Assert.Equal([0.225, 0.65], curve.Bins.Select(b => Math.Round(b.Predicted, 6)));
        Assert.Equal([0.5, 1.0], curve.Bins.Select(b => b.Observed));
        Assert.Equal((0.5 * 0.275) + (0.5 * 0.35), curve.ExpectedError, 6);
        Assert.Equal(0.35, curve.MaximumError, 6);
        Assert.Equal(1.75 / 4, curve.MeanPredicted, 6);
        Assert.Equal(0.75, curve.MeanObserved, 6);
        Assert.Equal(1.75 / 3, curve.Ratio, 6);
    }

    [Fact]
    public void Of_EqualLogits_StayTogetherWhateverTheirOrder()
    {
        float[] logits = [0, 0, 0, 0, 1, 2];
        var curve = CalibrationCurve.Of(logits, [1, 0, 0, 1, 1, 1], 3);
        Assert.Equal([4L, 1L, 1L], curve.Bins.Select(b => b.Rows));
        var turned = CalibrationCurve.Of(logits, [0, 1, 1, 0, 1, 1], 3);
        Assert.Equal(curve.Bins, turned.Bins);
        Assert.Single(CalibrationCurve.Of(new float[7], [0, 1, 0, 1, 0, 0, 0], 5).Bins);
    }

    [Fact]
    public void Of_ManyRows_HasBinsOfOneMassAndIsSmallWhereLabelsAreDrawnFromIt()
    {
        var random = new Random(1);
        var logits = Enumerable.Range(0, 20_003).Select(_ => (float)((random.NextDouble() * 6) - 4)).ToArray();
        var labels = Array.ConvertAll(logits, z => random.NextDouble() < 1 / (1 + Math.Exp(-z)) ? 1f : 0f);
        var curve = CalibrationCurve.Of(logits, labels, 20);
        Assert.Equal(20, curve.Bins.Count);
        Assert.Equal(20_003, curve.Bins.Sum(b => b.Rows));
        Assert.All(curve.Bins, b => Assert.InRange(b.Rows, 1000, 1001));
        Assert.InRange(curve.ExpectedError, 0, 0.015);
    }

    [Fact]
    public void Of_NoRowsOrOddLabels_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => CalibrationCurve.Of([], [], 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => CalibrationCurve.Of(Logits, Labels, 0));
        Assert.Throws<ArgumentException>(() => CalibrationCurve.Of(Logits, [1, 0, 1], 2));
        Assert.Throws<ArgumentException>(() => CalibrationCurve.Of(Logits, [1, 0, 1, 2], 2));
    }
}
