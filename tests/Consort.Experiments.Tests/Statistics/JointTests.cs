using Consort.Experiments.Statistics;
using Consort.Foundation.Numbers;

namespace Consort.Experiments.Tests.Statistics;

/// <summary>One error for seeds and rows, many claims, equivalence, shares: by hand and by how often an interval holds the truth.</summary>
public sealed class JointTests
{
    // Welch's example of two variances: SE² = 4/5 + 9/7, ν = SE⁴ / ((4/5)²/4 + (9/7)²/6).
    [Fact]
    public void Joint_TwoStudents_HasSatterthwaitesDegrees()
    {
        var joint = Comparison.Joint(
            1, Comparison.FromStudent(1, Math.Sqrt(4.0 / 5), 4), null, Comparison.FromStudent(1, Math.Sqrt(9.0 / 7), 6));
        var sum = (4.0 / 5) + (9.0 / 7);
        Assert.Equal(Math.Sqrt(sum), joint.StandardError, 1e-12);
        Assert.Equal(sum * sum / ((0.64 / 4) + (81.0 / 49 / 6)), joint.Degrees, 1e-12);
        Assert.Equal(9.987, joint.Degrees, 0.01);
        var rows = Comparison.FromNormal(1, 0.5);
        Assert.Equal((rows.StandardError, double.PositiveInfinity, rows.Low), (Comparison.Joint(1, rows).StandardError,
            Comparison.Joint(1, rows).Degrees, Comparison.Joint(1, rows).Low));
        Assert.Equal((0.0, 1.0), (Comparison.Joint(0, Comparison.FromNormal(0, 0)).StandardError,
            Comparison.Joint(0, Comparison.FromNormal(0, 0)).PValue));
    }

    // A difference with a part that all seeds of the same rows share, one of the seed, and one of both: new seeds and new rows.
    [Theory]
    [InlineData(3, 1.0, 1.0, 0.02)]
    [InlineData(5, 0.2, 1.0, 0.5)]
    [InlineData(10, 2.0, 0.3, 0.0)]
    public void Joint_NewSeedsAndNewRows_HoldsTheTruthInNineteenOfTwenty(int seeds, double ofSeed, double ofRows, double more)
    {
        const int Draws = 2000;
        var random = new CounterRandom(3, "joint");
        ulong number = 0;
        var (held, seedsHeld) = (0, 0);
        for (var draw = 0; draw < Draws; draw++)
        {
            var shared = ofRows * random.Normal(number++);
            var values = new Replicates([.. Enumerable.Range(0, seeds).Select(_ => 7 + shared + (ofSeed * random.Normal(number++)))]);
            var joint = Comparison.Joint(values.Mean, values.Interval, Comparison.FromNormal(values.Mean, ofRows));
            held += joint.Low <= 7 && 7 <= joint.High ? 1 : 0;
            seedsHeld += values.Interval!.Low <= 7 && 7 <= values.Interval.High ? 1 : 0;
        }

        Assert.InRange(held / (double)Draws, 0.93, 0.985); // of 0.95, a little more where Satterthwaite's degrees are few
        Assert.True(seedsHeld < held - (more * Draws), "the interval over seeds alone must say less of new rows");
    }

    // p = .01, .02, .03, .04, .05 in another order; by hand, Holm: 5·.01, 4·.02, then never less; BH: 5·p/i.
    [Fact]
    public void Holm_AndBenjaminiHochberg_EqualTheHandComputed()
    {
        double?[] p = [0.04, null, 0.01, 0.05, 0.02, 0.03];
        Close([0.09, null, 0.05, 0.09, 0.08, 0.09], ManyTests.Holm(p));
        Close([0.05, null, 0.05, 0.05, 0.05, 0.05], ManyTests.BenjaminiHochberg(p));
        Close([0.003, 0.9, 0.02], ManyTests.Holm([0.001, 0.9, 0.01]));
        Close([0.003, 0.9, 0.015], ManyTests.BenjaminiHochberg([0.001, 0.9, 0.01]));
        Assert.Empty(ManyTests.Holm([]));

        static void Close(double?[] expected, IReadOnlyList<double?> found)
        {
            Assert.Equal(expected.Select(e => e is null), found.Select(f => f is null));
            foreach (var (e, f) in expected.Zip(found))
                Assert.Equal(e ?? 0, f ?? 0, 1e-12);
        }
    }

    [Fact]
    public void Holm_TwentyTrueZeros_CallsOneADifferenceInOneOfTwentyTables()
    {
        var (random, tables, plain) = (new CounterRandom(9, "holm"), 0, 0);
        for (var table = 0; table < 1000; table++)
        {
            double?[] p = [.. Enumerable.Range(0, 20).Select(i => (double?)random.Uniform((ulong)((20 * table) + i)))];
            tables += ManyTests.Holm(p).Any(v => v < 0.05) ? 1 : 0;
            plain += p.Any(v => v < 0.05) ? 1 : 0;
        }

        Assert.InRange(tables, 25, 75);
        Assert.InRange(plain, 550, 750); // 1 − .95²⁰ = 64 %
    }

    // Within ±margin by the 90 % interval is what two one-sided tests at 5 % say.
    [Theory]
    [InlineData(0.0, 0.001, 4)]
    [InlineData(0.0003, 0.0002, 9)]
    [InlineData(-0.0003, 0.0001, 9)]
    [InlineData(0.0006, 0.0001, 30)]
    public void EquivalenceP_AnyEstimate_AgreesWithTheNinetyPercentInterval(double difference, double error, int degrees)
    {
        var comparison = Comparison.FromStudent(difference, error, degrees);
        var reach = StudentError.Quantile(0.95, degrees) * error;
        var isWithin = difference - reach > -0.0005 && difference + reach < 0.0005;
        Assert.Equal(isWithin, comparison.EquivalenceP(0.0005) < 0.05);
        Assert.True(comparison.EquivalenceP(0) >= 0.5);
    }

    // 2.015048 is the 95 % point of t with 5 degrees: (|0.1| − 0.4) / 0.148880 = −2.015048.
    [Fact]
    public void EquivalenceP_AtATabulatedPoint_IsFivePercent() =>
        Assert.Equal(0.05, Comparison.FromStudent(0.1, 0.3 / 2.015048373, 5).EquivalenceP(0.4), 1e-7);

    // x̄ = 2, ȳ = 1; v_xx = .01, v_yy = .04, v_xy = .005, t² = 3.841459: (4 − .0384) r² − 2 (2 − .0192) r + (1 − .1537) ≤ 0.
    [Fact]
    public void Fieller_ByHand_AreTheRootsOfTheQuadratic()
    {
        var share = Share.Fieller(1, 2, 0.04, 0.01, 0.005, double.PositiveInfinity);
        var t = 3.841458820694124;
        var (a, b, c) = (4 - (0.01 * t), 2 - (0.005 * t), 1 - (0.04 * t));
        Assert.Equal(0.5, share.Value);
        Assert.Equal((b - Math.Sqrt((b * b) - (a * c))) / a, share.Low, 1e-9);
        Assert.Equal((b + Math.Sqrt((b * b) - (a * c))) / a, share.High, 1e-9);
        Assert.False(Share.Fieller(1, 2, 0.04, 2, 0, double.PositiveInfinity).IsBounded); // 2 is within 1.96 √2 of nothing
        Assert.Null(Share.Over([1], [2]));
    }

    [Fact]
    public void Over_Replicates_HoldsTheTrueShareInNineteenOfTwenty()
    {
        const int Draws = 2000;
        var (random, held, number) = (new CounterRandom(4, "share"), 0, 0UL);
        for (var draw = 0; draw < Draws; draw++)
        {
            var (numerators, denominators) = (new double[5], new double[5]);
            for (var i = 0; i < 5; i++)
            {
                var shared = random.Normal(number++);
                (numerators[i], denominators[i]) = (3 + (0.5 * shared) + (0.4 * random.Normal(number++)), 4 + shared);
            }

            var share = Share.Over(numerators, denominators)!;
            held += share.Low <= 0.75 && 0.75 <= share.High ? 1 : 0;
        }

        Assert.InRange(held / (double)Draws, 0.935, 0.965);
    }
}
