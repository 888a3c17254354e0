using Consort.Learning.Evaluation;

namespace Consort.Learning.Tests.Evaluation;

public sealed class ExpectedMetricsTests
{
    [Theory]
    [InlineData(2, false)]
    [InlineData(57, false)]
    [InlineData(200, true)]
    public void Of_AnyRows_EqualsPairsCountedOneByOne(int rows, bool hasTies)
    {
        var random = new Random(rows);
        var truth = Enumerable.Range(0, rows).Select(_ => (float)random.NextDouble()).ToArray();
        var logits = Enumerable.Range(0, rows).Select(_ => hasTies ? random.Next(7) - 3f : (float)random.NextDouble() * 6 - 3).ToArray();
        double ordered = 0, pairs = 0, loss = 0;
        for (var i = 0; i < rows; i++)
        {
            double p = truth[i], q = 1 / (1 + Math.Exp(-logits[i]));
            loss -= (p * Math.Log(q)) + ((1 - p) * Math.Log(1 - q));
            for (var j = 0; j < rows; j++)
            {
                if (i == j)
                    continue;
                var weight = p * (1 - (double)truth[j]);
                pairs += weight;
                ordered += weight * (logits[i] > logits[j] ? 1 : logits[i] == logits[j] ? 0.5 : 0);
            }
        }

        var measured = ExpectedMetrics.Of(truth, logits);
        Assert.Equal(ordered / pairs, measured.Auc, 1e-12);
        Assert.Equal(loss / rows, measured.LogLoss, 1e-12);
    }

    [Fact]
    public void Of_TruthOfZeroAndOne_IsTheAucOfLabels()
    {
        float[] labels = [0, 1, 1, 0, 1, 0], logits = [-1, 2, 0.5f, 0.7f, 3, -2];
        Assert.Equal(8.0 / 9, ExpectedMetrics.Of(labels, logits).Auc, 1e-15);
    }

    [Fact]
    public void Of_LengthsThatDiffer_Throws() => Assert.Throws<ArgumentException>(() => ExpectedMetrics.Of([0.5f], [1, 2]));
}
