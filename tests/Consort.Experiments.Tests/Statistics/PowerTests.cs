using Consort.Experiments.Statistics;
using Consort.Foundation.Numbers;

namespace Consort.Experiments.Tests.Statistics;

public sealed class PowerTests
{
    // Pairs that a paired t-test needs at 5 % two-sided and 80 %, as G*Power and the tables after Cohen 1988 print them.
    [Theory]
    [InlineData(0.2, 199)]
    [InlineData(0.3, 90)]
    [InlineData(0.5, 34)]
    [InlineData(0.8, 15)]
    [InlineData(1.0, 10)]
    public void NeededToFind_SeedsAlone_EqualsThePublishedTables(double gainOverDeviation, int pairs) =>
        Assert.Equal(pairs, new Power(1).NeededToFind(gainOverDeviation));

    [Fact]
    public void ToFind_WithErrorOfRows_IsWhatSimulationFinds()
    {
        const int Draws = 4000;
        var (random, number, found, dismissed) = (new CounterRandom(2, "power"), 0UL, 0, 0);
        var rows = Comparison.FromNormal(0, 0.3);
        for (var draw = 0; draw < Draws; draw++)
        {
            var shared = 0.3 * random.Normal(number++);
            var values = new Replicates([.. Enumerable.Range(0, 6).Select(_ => shared + random.Normal(number++))]);
            found += Comparison.Joint(values.Mean + 1.2, values.Interval, rows).IsDecided ? 1 : 0;
            dismissed += Comparison.Joint(values.Mean, values.Interval, rows).EquivalenceP(1.5) < 0.05 ? 1 : 0;
        }

        var power = new Power(1, rows);
        Assert.Equal(found / (double)Draws, power.ToFind(1.2, 6, 0.05), 0.03);
        Assert.Equal(dismissed / (double)Draws, power.ToDismiss(1.5, 6, 0.05), 0.03);
    }

    [Fact]
    public void NeededToFind_RowsThatDoNotTell_IsNever()
    {
        Assert.Null(new Power(0.0001, Comparison.FromNormal(0, 0.0005)).NeededToFind(0.0005)); // needs 2.8 standard errors
        Assert.NotNull(new Power(0.0001, Comparison.FromNormal(0, 0.00015)).NeededToFind(0.0005));
        Assert.Equal(2, new Power(0).NeededToFind(0.0005));
    }

    [Fact]
    public void Of_AClaim_HasItsDeviation()
    {
        var seeds = new Replicates([0.001, 0.002, 0.004]);
        var power = Power.Of(new Claim("x", seeds.Interval, Comparison.FromNormal(0, 0.1)))!;
        Assert.Equal(seeds.Deviation, power.Deviation, 1e-12);
        Assert.Equal(Math.Sqrt((seeds.Deviation * seeds.Deviation / 7) + 0.01), power.Error(7).StandardError, 1e-12);
        Assert.Null(Power.Of(new Claim("x", null, null)));
    }
}
