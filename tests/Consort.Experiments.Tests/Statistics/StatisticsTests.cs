using Consort.Experiments.Statistics;
using Consort.Foundation.Numbers;

namespace Consort.Experiments.Tests.Statistics;

public sealed class StatisticsTests
{
    [Theory]
    [InlineData(20, 1)]
    [InlineData(151, 2)]
    [InlineData(400, 3)]
    public void DeLong_AnyRows_EqualsTheDefinitionOverAllPairs(int rows, ulong seed)
    {
        var (labels, first, second) = Draw(rows, seed, isCoarse: true);
        var found = DeLong.Compare(labels, first, second);
        var clicks = Enumerable.Range(0, rows).Where(i => labels[i] == 1).ToArray();
        var others = Enumerable.Range(0, rows).Where(i => labels[i] == 0).ToArray();
        double Wins(float[] v, int c, int o) => v[c] > v[o] ? 1 : v[c] == v[o] ? 0.5 : 0;
        double[] V10(float[] v) => [.. clicks.Select(c => others.Average(o => Wins(v, c, o)))];
        double[] V01(float[] v) => [.. others.Select(o => clicks.Average(c => Wins(v, c, o)))];
        double Variance(double[] a, double[] b)
        {
            var d = a.Zip(b, (x, y) => x - y).ToArray();
            return d.Sum(x => (x - d.Average()) * (x - d.Average())) / (d.Length - 1);
        }

        Assert.Equal(V10(first).Average() - V10(second).Average(), found.Difference, 1e-12);
        var error = Math.Sqrt((Variance(V10(first), V10(second)) / clicks.Length) + (Variance(V01(first), V01(second)) / others.Length));
        Assert.Equal(error, found.StandardError, 1e-12);
        Assert.Equal(found.Difference - (1.959963984540054 * error), found.Low, 1e-9);
    }

    [Fact]
    public void ToText_Difference_HasItsSignAndBothEnds()
    {
        var c = new Comparison(0.0012, 0.0004, -0.000001, 0.00201, 0.01);
        Assert.Equal("+0.00120 (0.00000 to +0.00201)", c.ToText());
        Assert.Equal("+0.00120 (0.00000 … +0.00201)", c.ToText("…"));
        Assert.Equal("+0.00120 AUC, 95 % 0.00000 to +0.00201", c.AucText);
        Assert.Equal("−0.00120 (−0.00201 to 0.00000)", c.Negated().ToText());
    }

    [Fact]
    public void DeLong_TwoModelsOfEqualWorth_FindsADifferenceInOneOfTwenty()
    {
        var decided = 0;
        for (ulong seed = 0; seed < 400; seed++)
        {
            var (labels, first, second) = Draw(300, 1000 + seed, isCoarse: false);
            decided += DeLong.Compare(labels, first, second).IsDecided ? 1 : 0;
        }

        Assert.InRange(decided, 8, 36); // 20 expected, within four standard deviations
    }

    [Fact]
    public void DeLong_SameModelTwice_IsNoDifference()
    {
        var (labels, first, _) = Draw(100, 5, isCoarse: false);
        var found = DeLong.Compare(labels, first, first);
        Assert.Equal((0, 0, 1), (found.Difference, found.StandardError, found.PValue));
        Assert.False(found.IsDecided);
    }

    [Fact]
    public void DeLong_OneKindOfLabel_Throws() =>
        Assert.Throws<ArgumentException>(() => DeLong.Compare([1f, 1f, 1f], [1f, 2f, 3f], [1f, 2f, 3f]));

    [Fact]
    public void Bootstrap_ManyRows_HasTheErrorOfAPairedMean()
    {
        var random = new CounterRandom(7, "losses");
        var first = Enumerable.Range(0, 20_000).Select(i => 0.4 + random.Normal((ulong)i)).ToArray();
        var second = first.Select((v, i) => v - 0.01 + (0.1 * random.Normal((ulong)(100_000 + i)))).ToArray();
        var found = Bootstrap.Compare(first, second, seed: 1);
        Assert.Equal(0.01, found.Difference, 3e-3);
        Assert.Equal(0.1 / Math.Sqrt(20_000), found.StandardError, 1e-4);
        Assert.True(found.IsDecided);
        Assert.Equal(1.0 / Bootstrap.DefaultDraws, found.PValue);
        Assert.Equal(found, Bootstrap.Compare(first, second, seed: 1));
    }

    [Fact]
    public void Bootstrap_NoDifference_IsUndecided()
    {
        var random = new CounterRandom(8, "losses");
        var losses = Enumerable.Range(0, 500).Select(i => random.Uniform((ulong)i)).ToArray();
        Assert.Equal(new Comparison(0, 0, 0, 0, 1), Bootstrap.Compare(losses, losses, seed: 1));
        var other = losses.Select((v, i) => v + (i % 2 == 0 ? 0.1 : -0.1)).ToArray();
        Assert.InRange(Bootstrap.Compare(losses, other, seed: 1).PValue, 0.5, 1);
    }

    [Fact]
    public void Replicates_FourSeeds_AreMeanDeviationAndPairedT()
    {
        var first = new Replicates([1, 2, 3, 4]);
        Assert.Equal((2.5, 1.2909944487358056), (first.Mean, first.Deviation));
        // Differences 0.1, 0.3, 0.2, 0.2: mean 0.2, sd 0.0816497, t = 4.898979 with 3 degrees, p = 0.016276.
        var found = Replicates.Compare(first, new Replicates([0.9, 1.7, 2.8, 3.8]));
        Assert.Equal(0.2, found.Difference, 1e-12);
        Assert.Equal(0.040824829, found.StandardError, 1e-8);
        Assert.Equal(0.016276, found.PValue, 1e-5);
        Assert.Equal(0.2 - (3.182446305 * 0.040824829), found.Low, 1e-7);
        Assert.Throws<ArgumentException>(() => Replicates.Compare(first, new Replicates([1])));
    }

    private static (float[] Labels, float[] First, float[] Second) Draw(int rows, ulong seed, bool isCoarse)
    {
        var random = new CounterRandom(seed, "rows");
        var labels = Enumerable.Range(0, rows).Select(i => random.Uniform((ulong)i) < 0.3 ? 1f : 0f).ToArray();
        float[] Model(ulong from) => [.. labels.Select((y, i) =>
        {
            var z = y + random.Normal(from + (ulong)i);
            return (float)(isCoarse ? Math.Round(z * 4) / 4 : z);
        })];
        return (labels, Model(10_000), Model(20_000));
    }
}
