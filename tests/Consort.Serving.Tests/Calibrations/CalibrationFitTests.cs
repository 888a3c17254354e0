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

    [Theory]
    [InlineData(CalibrationKind.Platt, new float[] { 2, 2, 2, 2 }, "found one logit for all rows")]
    [InlineData(CalibrationKind.Platt, new float[] { 1, float.NaN, 2, 3 }, "not finite")]
    [InlineData(CalibrationKind.Isotonic, new float[] { 1, float.PositiveInfinity, 2, 3 }, "not finite")]
    public void Fit_OfDegenerateLogits_IsRefused(CalibrationKind kind, float[] logits, string expected) => Assert.Contains(
        expected, Assert.Throws<ArgumentException>(() => CalibrationFit.Fit(kind, logits, [0f, 1f, 0f, 1f])).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData(1e30f)]
    [InlineData(3e38f)]
    [InlineData(1e-30f)]
    public void Fit_OfExtremeLogits_IsFiniteOrRefused(float size)
    {
        foreach (var kind in new[] { CalibrationKind.Platt, CalibrationKind.Isotonic })
        {
            try
            {
                var found = CalibrationFit.Fit(kind, [-size, -size / 2, size / 2, size, 0, size / 3], [0f, 1f, 1f, 0f, 1f, 0f]);
                Assert.Null(found.Mistake());
                Assert.All(new[] { -size, 0, size }, z => Assert.InRange(found.Probability(z), 0, 1));
            }
            catch (ArgumentException e)
            {
                Assert.Contains("expected", e.Message, StringComparison.Ordinal);
            }
        }
    }

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
