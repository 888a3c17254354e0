using Consort.Learning.Diagnostics;

namespace Consort.Learning.Tests.Diagnostics;

public sealed class LogitAgreementTests
{
    [Fact]
    public void Measures_WhicheverIsFirst_AreTheSame()
    {
        var random = new Random(5);
        var x = Enumerable.Range(0, 300).Select(_ => (float)random.NextDouble()).ToArray();
        var y = Array.ConvertAll(x, v => v + (float)(random.NextDouble() * 0.5));
        Assert.Equal(LogitAgreement.Correlation(x, y), LogitAgreement.Correlation(y, x));
        Assert.Equal(LogitAgreement.Difference(x, y), LogitAgreement.Difference(y, x));
        Assert.Equal(LogitAgreement.RankAgreement(x, y), LogitAgreement.RankAgreement(y, x));
        Assert.InRange(LogitAgreement.Correlation(x, y), 0.7, 0.99);
        Assert.InRange(LogitAgreement.RankAgreement(x, y), 0.7, 0.95);
    }

    [Fact]
    public void Measures_OfOneAndItsOpposite_AreTheBounds()
    {
        float[] x = [0.5f, -1, 3, 2];
        var opposite = Array.ConvertAll(x, v => -v);
        Assert.Equal(1, LogitAgreement.Correlation(x, Array.ConvertAll(x, v => (2 * v) + 1)), 6);
        Assert.Equal(-1, LogitAgreement.Correlation(x, opposite), 12);
        Assert.Equal(1, LogitAgreement.RankAgreement(x, x));
        Assert.Equal(0, LogitAgreement.RankAgreement(x, opposite));
        Assert.Equal((0, 0), LogitAgreement.Difference(x, x));
    }

    [Fact]
    public void RankAgreement_SampledPairs_IsCloseToKendall()
    {
        var random = new Random(6);
        var x = Enumerable.Range(0, 200).Select(_ => (float)random.Next(20)).ToArray();
        var y = Array.ConvertAll(x, v => v + random.Next(15));
        double alike = 0, pairs = 0;
        for (var i = 0; i < x.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var (a, b) = (x[i].CompareTo(x[j]), y[i].CompareTo(y[j]));
                alike += a == b ? 1 : a == 0 || b == 0 ? 0.5 : 0;
                pairs++;
            }
        }

        Assert.Equal(alike / pairs, LogitAgreement.RankAgreement(x, y), 2);
    }

    [Fact]
    public void Difference_ByHand_Matches()
    {
        var (mean, max) = LogitAgreement.Difference([0, (float)Math.Log(4)], [0, -(float)Math.Log(4)]);
        Assert.Equal(0.3, mean, 6);
        Assert.Equal(0.6, max, 6);
        Assert.Equal(double.NaN, LogitAgreement.Correlation([1, 1], [2, 3]));
        Assert.Equal(double.NaN, LogitAgreement.RankAgreement([1], [2]));
    }
}
