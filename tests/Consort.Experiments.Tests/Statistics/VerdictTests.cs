using Consort.Experiments.Statistics;
using Consort.Learning.Evaluation;
using Consort.Studies.Recipes.Measures;

namespace Consort.Experiments.Tests.Statistics;

public sealed class VerdictTests
{
    private const double Least = 5e-4;

    // SE² = rows² + seeds²; of many seeds t is normal.
    [Theory]
    [InlineData(0.002, 0.0003, 0.0004, nameof(Verdict.Confirmed))]
    [InlineData(0.0007, 0.0003, 0.0004, nameof(Verdict.Undecided))] // each by itself excludes zero nearly, both together do not
    [InlineData(0.00007, 0.00002, 0.00002, nameof(Verdict.Negligible))] // surely above zero, and surely too small to count
    [InlineData(-0.00007, 0.00002, 0.00002, nameof(Verdict.Negligible))]
    [InlineData(0.0004, 0.0001, 0.0001, nameof(Verdict.Undecided))] // above zero; whether it counts is open
    [InlineData(-0.002, 0.0003, 0.0004, nameof(Verdict.Refuted))]
    [InlineData(0.0, 0.001, 0.001, nameof(Verdict.Undecided))]
    public void Verdict_OfEstimateAndErrors_FollowsTheRule(double difference, double seeds, double rows, string expected)
    {
        var claim = new Claim("x", Of(difference, seeds), Of(difference, rows));
        Assert.Equal(Math.Sqrt((seeds * seeds) + (rows * rows)), claim.Joint!.StandardError, 1e-15);
        Assert.Equal(expected, JudgedClaim.Of([claim], Least)[0].Verdict.ToString());
        Assert.Equal(Verdict.Undecided, JudgedClaim.Of([claim with { Seeds = null }], Least)[0].Verdict);
    }

    // z = 2 and z = 2 are 1.41 together: "both intervals lie above zero" would have confirmed it.
    [Fact]
    public void Joint_BothJustSignificant_IsNotSignificant()
    {
        var claim = new Claim("x", Of(0.002, 0.001), Of(0.002, 0.001));
        Assert.True(claim.Seeds!.Low > 0 && claim.Rows!.Low > 0);
        Assert.Equal(2 / Math.Sqrt(2), claim.Joint!.Difference / claim.Joint.StandardError, 1e-12);
        Assert.True(claim.Joint.Low < 0);
    }

    [Fact]
    public void Of_ManyClaims_IsStricterThanOfOne()
    {
        var claim = new Claim("x", Of(0.0025, 0.001), null); // p = 0.0124
        Assert.Equal(Verdict.Confirmed, JudgedClaim.Of([claim], Least)[0].Verdict);
        Claim[] five = [claim, .. Enumerable.Repeat(new Claim("none", Of(0, 0.001), null), 4)];
        var judged = JudgedClaim.Of(five, Least);
        Assert.Equal(5 * claim.Joint!.PValue, judged[0].P!.Value, 1e-12);
        Assert.All(judged, j => Assert.Equal(Verdict.Undecided, j.Verdict));
    }

    [Fact]
    public void Of_LeastGainOfItsOwn_GoesBeforeTheTables()
    {
        var claim = new Claim("spread", Of(0.0001, 0.00001), null, 0);
        Assert.Equal((Verdict.Confirmed, 0.0), (JudgedClaim.Of([claim], Least)[0].Verdict, JudgedClaim.Of([claim], Least)[0].LeastGain));
        Assert.Equal(Verdict.Negligible, JudgedClaim.Of([claim with { LeastGain = null }], Least)[0].Verdict);
    }

    [Fact]
    public void ByRows_SeveralSeeds_AveragesEachRowFirst()
    {
        var random = new Random(1);
        float[] labels = [.. Enumerable.Range(0, 500).Select(_ => random.NextDouble() < 0.4 ? 1f : 0f)];
        var logits = Enumerable.Range(0, 4).Select(i =>
            labels.Select(y => y + ((float)random.NextDouble() * (i % 2 == 0 ? 3 : 2))).ToArray()).ToArray();
        Measured[] all = [.. logits.Select((own, i) => new Measured(
            i.ToString(System.Globalization.CultureInfo.InvariantCulture), 0, 0, [0], [0], labels.Length,
            () => new RowLogits(labels, own, [0]), 1, 1))];
        var comparisons = new RowComparisons();
        var found = Row(all[0], all[2]).ByRows(Row(all[1], all[3]), comparisons, c => c.Auc)!;
        var (a, b) = (comparisons.Compare(all[0], all[1])!.Auc, comparisons.Compare(all[2], all[3])!.Auc);
        Assert.Equal((a.Difference + b.Difference) / 2, found.Difference, 1e-12);
        // Seeds whose noise on single rows has nothing in common: less than the mean of their errors, more than a √2th of it.
        Assert.InRange(found.StandardError, (a.StandardError + b.StandardError) / 2 / Math.Sqrt(2) * 0.95,
            (a.StandardError + b.StandardError) / 2 * 0.95);
    }

    private static FamilyRow Row(params Measured[] seeds) => new("row", seeds.Select((m, i) => (m, i)).ToDictionary(p => p.i, p => p.m));

    private static Comparison Of(double difference, double error) => Comparison.FromNormal(difference, error);
}
