using Consort.Experiments.Statistics;
using Consort.Learning.Evaluation;
using Consort.Studies.Recipes.Measures;

namespace Consort.Experiments.Tests.Statistics;

public sealed class VerdictTests
{
    [Theory]
    [InlineData(0.001, 0.002, 0.0001, 0.003, Verdict.Confirmed)]
    [InlineData(0.001, 0.002, -0.0001, 0.003, Verdict.Undecided)] // the rows do not tell
    [InlineData(-0.001, 0.002, 0.0001, 0.003, Verdict.Undecided)] // the seeds do not tell
    [InlineData(-0.002, -0.001, -0.003, -0.001, Verdict.NotConfirmed)]
    [InlineData(-0.0001, 0.0001, -0.0001, 0.0001, Verdict.NotConfirmed)] // a gain, if any, too small to count
    [InlineData(-0.0001, 0.0001, -0.0001, 0.0005, Verdict.Undecided)]
    [InlineData(0.0001, 0.00015, 0.0001, 0.00015, Verdict.Confirmed)]
    public void Verdict_OfIntervals_FollowsTheRule(double seedsLow, double seedsHigh, double rowsLow, double rowsHigh, Verdict expected)
    {
        Assert.Equal(expected, new Claim("x", Of(seedsLow, seedsHigh), Of(rowsLow, rowsHigh), FamilyRow.LeastAucGain).Verdict);
        Assert.Equal(Verdict.Undecided, new Claim("x", null, Of(rowsLow, rowsHigh), FamilyRow.LeastAucGain).Verdict);
    }

    [Fact]
    public void ByRows_SeveralSeeds_DoesNotDivideTheErrorOfTheRows()
    {
        var random = new Random(1);
        float[] labels = [.. Enumerable.Range(0, 500).Select(_ => random.NextDouble() < 0.4 ? 1f : 0f)];
        Measured[] all = [.. Enumerable.Range(0, 4).Select(i =>
        {
            float[] logits = [.. labels.Select(y => y + (float)random.NextDouble() * (i % 2 == 0 ? 3 : 2))];
            return new Measured(i.ToString(System.Globalization.CultureInfo.InvariantCulture), 0, 0, [0], [0], labels.Length,
                () => new RowLogits(labels, logits, [0]), 1, 1);
        })];
        var comparisons = new RowComparisons();
        var (first, second) = (Row(all[0], all[2]), Row(all[1], all[3]));
        var found = first.ByRows(second, comparisons, c => c.Auc)!;
        var (a, b) = (comparisons.Compare(all[0], all[1])!.Auc, comparisons.Compare(all[2], all[3])!.Auc);
        Assert.Equal((a.Difference + b.Difference) / 2, found.Difference, 1e-15);
        Assert.Equal((a.StandardError + b.StandardError) / 2, found.StandardError, 1e-15);
    }

    private static FamilyRow Row(params Measured[] seeds) => new("row", seeds.Select((m, i) => (m, i)).ToDictionary(p => p.i, p => p.m));

    private static Comparison Of(double low, double high) => new((low + high) / 2, 1, low, high, 0.5);
}
