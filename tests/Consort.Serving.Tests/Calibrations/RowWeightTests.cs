using Consort.Serving.Calibrations;

namespace Consort.Serving.Tests.Calibrations;

public sealed class RowWeightTests
{
    [Theory]
    [InlineData(CalibrationKind.Platt)]
    [InlineData(CalibrationKind.Isotonic)]
    public void Fit_WeightTwo_IsTheRowTwice(CalibrationKind kind)
    {
        var random = new Random(3);
        float[] logits = [.. Enumerable.Range(0, 200).Select(_ => random.Next(-30, 31) / 10f)];
        float[] labels = [.. logits.Select(z => random.NextDouble() < 1 / (1 + Math.Exp(-z)) ? 1f : 0f)];
        float[] weights = [.. logits.Select(_ => (float)random.Next(4))];
        float[] Written(float[] values) => [.. values.SelectMany((v, i) => Enumerable.Repeat(v, (int)weights[i]))];
        var (found, expected) = (CalibrationFit.Fit(kind, logits, labels, weights), CalibrationFit.Fit(kind, Written(logits), Written(labels)));
        for (var z = -3.0; z <= 3; z += 0.25)
            Assert.Equal(expected.Probability(z), found.Probability(z), 1e-9);
        Assert.NotEqual(CalibrationFit.Fit(kind, logits, labels).Probability(0.3), found.Probability(0.3), 1e-4);
        Assert.Throws<ArgumentException>(() => CalibrationFit.Fit(kind, logits, labels, new float[200]));
    }
}
