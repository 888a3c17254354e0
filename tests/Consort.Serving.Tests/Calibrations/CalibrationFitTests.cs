using Consort.Serving.Calibrations;

namespace Consort.Serving.Tests.Calibrations;

public sealed class CalibrationFitTests
{
    [Fact]
    public void Platt_OfClicksDrawnByALine_FindsIt()
    {
        var (logits, labels) = Draw(z => (0.6 * z) - 0.8);
        var found = CalibrationFit.Fit(CalibrationKind.Platt, logits, labels);
        Assert.Equal(0.6, found.Slope, 0.03);
        Assert.Equal(-0.8, found.Intercept, 0.03);
        Assert.Null(found.Mistake());
    }

    [Fact]
    public void Platt_OfSeparableRows_StaysFinite()
    {
        var found = CalibrationFit.Fit(CalibrationKind.Platt, [-2f, -1f, 1f, 2f], [0f, 0f, 1f, 1f]);
        Assert.True(double.IsFinite(found.Slope) && found.Slope > 0);
        Assert.InRange(found.Probability(2), 0.5, 0.95);
    }

    [Fact]
    public void Isotonic_OfSixRows_PoolsThoseOutOfOrder()
    {
        // 0 | 1 0 | 1 1 0 → means 0, 1/2, 2/3
        var found = CalibrationFit.Fit(CalibrationKind.Isotonic, [1f, 2f, 3f, 4f, 5f, 6f], [0f, 1f, 0f, 1f, 1f, 0f]);
        Assert.Equal(1.0 / 12, found.Probability(-9), 1e-12);
        Assert.Equal(0.5, found.Probability(2), 1e-12);
        Assert.Equal(0.5, found.Probability(2.7), 1e-12);
        Assert.Equal((0.5 + (2.0 / 3)) / 2, found.Probability(3.5), 1e-12);
        Assert.Equal(2.0 / 3, found.Probability(99), 1e-12);
        Assert.Null(found.Mistake());
    }

    [Fact]
    public void Isotonic_OfACurvedTruth_ComesNear()
    {
        var (logits, labels) = Draw(z => (z * z * z) - 1);
        var found = CalibrationFit.Fit(CalibrationKind.Isotonic, logits, labels);
        Assert.Null(found.Mistake());
        for (var z = -1.5; z < 1.5; z += 0.25)
            Assert.Equal(1 / (1 + Math.Exp(1 - (z * z * z))), found.Probability(z), 0.06);
    }

    [Fact]
    public void Fit_OfOneClass_IsRefused() =>
        Assert.Throws<ArgumentException>(() => CalibrationFit.Fit(CalibrationKind.Platt, [1f, 2f], [0f, 0f]));

    private static (float[] Logits, float[] Labels) Draw(Func<double, double> truth)
    {
        var random = new Random(1);
        var (logits, labels) = (new float[40_000], new float[40_000]);
        for (var i = 0; i < logits.Length; i++)
        {
            logits[i] = (float)((random.NextDouble() * 4) - 2);
            labels[i] = random.NextDouble() < 1 / (1 + Math.Exp(-truth(logits[i]))) ? 1 : 0;
        }

        return (logits, labels);
    }
}
