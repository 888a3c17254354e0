using Consort.Experiments.Statistics;
using Consort.Foundation.Numbers;

namespace Consort.Experiments.Tests.Statistics;

public sealed class ShareTests
{
    [Fact]
    public void Fieller_ExactWhole_IsTheIntervalOfThePart()
    {
        var found = Share.Fieller(0.3, 0.5, 0.01, 0, 0, double.PositiveInfinity);
        Assert.Equal(0.6, found.Value, 12);
        Assert.Equal(0.6 - (1.959963984540054 * 0.2), found.Low, 9);
        Assert.Equal(0.6 + (1.959963984540054 * 0.2), found.High, 9);
    }

    [Fact]
    public void Fieller_Ends_AreSharesWhoseDifferenceIsJustTold()
    {
        var found = Share.Fieller(0.4, 0.5, 0.004, 0.006, 0.003, degrees: 7);
        foreach (var share in new[] { found.Low, found.High })
        {
            var error = Math.Sqrt(0.004 - (2 * share * 0.003) + (share * share * 0.006));
            Assert.Equal(2.364624251592785, Math.Abs(0.4 - (share * 0.5)) / error, 6);
        }

        Assert.InRange(found.Value, found.Low, found.High);
    }

    [Theory]
    [InlineData(0.1, 0.0027)] // z 1.92
    [InlineData(-0.5, 0.001)]
    [InlineData(double.NaN, 0.001)]
    public void Fieller_WholeThatMayBeNothing_HasNoEnds(double whole, double variance) =>
        Assert.False(Share.Fieller(0.1, whole, 0.001, variance, 0, double.PositiveInfinity) is { IsBounded: true, Value: > 0 });

    [Fact]
    public void Fieller_ManyDraws_HoldsTheTrueShareNineteenTimesOfTwenty()
    {
        var (random, inside) = (new CounterRandom(3, "share"), 0);
        for (ulong draw = 0; draw < 2000; draw++)
        {
            // Var a = 1, Var b = 1, Cov = 0.5; the truth is 3/5.
            double shared = random.Normal(3 * draw), own = random.Normal((3 * draw) + 1), other = random.Normal((3 * draw) + 2);
            var found = Share.Fieller(3 + ((shared + own) / Math.Sqrt(2)), 5 + ((shared + other) / Math.Sqrt(2)), 1, 1, 0.5, double.PositiveInfinity);
            inside += found.Low <= 0.6 && 0.6 <= found.High ? 1 : 0;
        }

        Assert.InRange(inside, 1860, 1940); // 1900 expected, within four standard deviations
    }

    [Fact]
    public void Measure_SeveralModels_AgreesWithComparisonsOfTwo()
    {
        var random = new CounterRandom(5, "models");
        var labels = Enumerable.Range(0, 200).Select(i => i % 3 == 0 ? 1f : 0f).ToArray();
        float Value(int m, int i) => labels[i] + (float)random.Normal((ulong)((200 * (m % 2)) + i)) + (0.1f * m * (i % 7));
        float[][] models = [.. Enumerable.Range(0, 3).Select(m => Enumerable.Range(0, 200).Select(i => Value(m, i)).ToArray())];
        var (auc, covariance) = DeLong.Measure(labels, models);
        for (var a = 0; a < 3; a++)
        {
            for (var b = 0; b < 3; b++)
            {
                var pair = DeLong.Compare(labels, models[a], models[b]);
                Assert.Equal(pair.Difference, auc[a] - auc[b], 12);
                Assert.Equal(pair.StandardError, Math.Sqrt(Math.Max(0, covariance[a, a] + covariance[b, b] - (2 * covariance[a, b]))), 7);
            }
        }
    }
}
