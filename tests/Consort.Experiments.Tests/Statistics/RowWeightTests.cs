using Consort.Experiments.Statistics;

namespace Consort.Experiments.Tests.Statistics;

/// <summary>Weights count as repetitions in tests of a difference.</summary>
public sealed class RowWeightTests
{
    private static (float[] Labels, float[] First, float[] Second, float[] Weights, int[] Clusters) Draw(int rows)
    {
        var random = new Random(11);
        float[] labels = [.. Enumerable.Range(0, rows).Select(_ => (float)random.Next(2))];
        float[] Logits(double signal) => [.. labels.Select(y => (float)Math.Round((signal * y) + (2 * random.NextDouble()), 1))];
        return (labels, Logits(0.8), Logits(0.5), [.. labels.Select(_ => (float)random.Next(4))], [.. labels.Select(_ => random.Next(40))]);
    }

    private static T[] Written<T>(T[] values, float[] weights) => [.. values.SelectMany((v, i) => Enumerable.Repeat(v, (int)weights[i]))];

    private static void Same(Comparison expected, Comparison found, double tolerance = 1e-12)
    {
        Assert.Equal(expected.Difference, found.Difference, tolerance);
        Assert.Equal(expected.StandardError, found.StandardError, tolerance);
        Assert.Equal(expected.PValue, found.PValue, tolerance * 1e3);
    }

    [Fact]
    public void DeLong_WeightTwo_IsTheRowTwice()
    {
        var (y, a, b, w, _) = Draw(300);
        Same(DeLong.Compare(Written(y, w), Written(a, w), Written(b, w)), DeLong.Compare(y, a, b, w));
        var (expected, found) = (DeLong.Measure(Written(y, w), Written(a, w)), DeLong.Measure(y, a, w));
        Assert.Equal(expected.Auc, found.Auc, 1e-12);
        Assert.Equal(expected.StandardError, found.StandardError, 1e-12);
        var (many, one) = (DeLong.Measure(y, [a, b], w), DeLong.Measure(Written(y, w), [Written(a, w), Written(b, w)]));
        Assert.Equal(one.Covariance[0, 1], many.Covariance[0, 1], 1e-14);
        Same(DeLong.Compare(y, a, b), DeLong.Compare(y, a, b, Enumerable.Repeat(1f, 300).ToArray()));
    }

    [Fact]
    public void DeLong_TooLittleWeight_Throws() => Assert.Contains("found 1 clicks and 2 others",
        Assert.Throws<ArgumentException>(() => DeLong.Compare([1, 1, 0, 0], [1, 2, 3, 4], [1, 2, 3, 4], [0.5f, 0.5f, 1, 1])).Message,
        StringComparison.Ordinal);

    [Fact]
    public void RowDifferences_WeightTwo_IsTheRowTwice()
    {
        var (y, a, b, w, c) = Draw(300);
        foreach (var clusters in new[] { null, c })
        {
            var weighted = new RowDifferences(y, clusters, w);
            var written = new RowDifferences(Written(y, w), clusters is null ? null : Written(clusters, w));
            weighted.Add(a, b);
            written.Add(Written(a, w), Written(b, w));
            Same(written.Auc(), weighted.Auc());
            var (expected, found) = (written.LogLoss(1), weighted.LogLoss(1));
            Assert.Equal(expected.Difference, found.Difference, 1e-12);
            // Without clusters rows that all count once are drawn, and weighted ones have a formula.
            Assert.Equal(expected.StandardError, found.StandardError, clusters is null ? 0.1 * expected.StandardError : 1e-12);
        }
    }
}
