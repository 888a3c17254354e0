using Consort.Synthetic;

namespace Consort.Data.Tests.Synthetic;

public sealed class SyntheticWorldTests
{
    private const int Rows = 60_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(12345)]
    public void Generate_Parts_HaveVarianceOneAndAreUncorrelated(ulong seed)
    {
        var rows = Draw(new SyntheticOptions { Seed = seed });
        double[][] parts = [rows.Select(r => r.First).ToArray(), rows.Select(r => r.Pairwise).ToArray(),
            rows.Select(r => r.Third).ToArray()];
        for (var i = 0; i < 3; i++)
        {
            Assert.InRange(parts[i].Average(), -0.03, 0.03);
            // Products of three heavy-tailed vectors have a variance that is estimated badly; the shares are exact in expectation.
            Assert.InRange(parts[i].Average(x => x * x), i == 2 ? 0.8 : 0.9, i == 2 ? 1.25 : 1.1);
            for (var j = 0; j < i; j++)
                Assert.InRange(parts[i].Zip(parts[j], (a, b) => a * b).Average(), -0.05, 0.05);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Generate_Defaults_InteractionsCarrySignal(ulong seed)
    {
        var rows = Draw(new SyntheticOptions { Seed = seed });
        var ceiling = Auc(rows.Select(r => ((double)r.Truth, r.Click)));
        var first = Auc(rows.Select(r => (r.First, r.Click)));
        var second = Auc(rows.Select(r => (Math.Sqrt(0.5) * r.First + Math.Sqrt(0.35) * r.Pairwise, r.Click)));
        Assert.InRange(ceiling, 0.78, 0.82);
        Assert.True(second > first + 0.03, $"first order {first}, with pairs {second}");
        Assert.True(ceiling > second + 0.01, $"with pairs {second}, all {ceiling}");
    }

    [Fact]
    public void Generate_NoSignal_TruthIsTheClickRate()
    {
        var rows = Draw(new SyntheticOptions { Signal = 0, ClickRate = 0.3 });
        Assert.All(rows, r => Assert.Equal(0.3, r.Truth, 6));
        rows = Draw(new SyntheticOptions { Noise = 1, ClickRate = 0.3 });
        Assert.All(rows, r => Assert.Equal(0.3, r.Truth, 6));
    }

    [Fact]
    public void Generate_Ranks_AreZipf()
    {
        var options = new SyntheticOptions { Missing = 0 };
        var world = new SyntheticWorld(options);
        var row = world.NewRow();
        const int Field = CriteoShape.NumericFields + 2; // C3, 101,312 tokens
        var cardinality = ((CategoricalClicksField)world.Fields[Field]).Cardinality;
        var counts = new int[cardinality];
        const int Draws = 300_000;
        for (var i = 0; i < Draws; i++)
        {
            world.Generate(i, row);
            counts[row.Values[Field]]++;
        }
        var harmonic = Enumerable.Range(1, cardinality).Sum(k => Math.Pow(k, -options.Zipf));
        // Single ranks of the head, then ranges of the tail that cross buckets.
        foreach ((var from, var to) in new[] { (0, 1), (1, 2), (9, 10), (100, 200), (300, 1000), (1000, 1500), (5000, 30_000),
            (30_000, cardinality) })
        {
            var expected = Draws * Enumerable.Range(from + 1, to - from).Sum(k => Math.Pow(k, -options.Zipf)) / harmonic;
            double found = counts.Skip(from).Take(to - from).Sum();
            Assert.InRange(found, expected - 5 * Math.Sqrt(expected) - 0.01 * expected,
                expected + 5 * Math.Sqrt(expected) + 0.01 * expected);
        }
    }

    [Fact]
    public void Generate_FullCardinality_StaysWithinIt()
    {
        var world = new SyntheticWorld(new SyntheticOptions { CardinalityScale = 1, Zipf = 0 });
        var row = world.NewRow();
        var largest = new long[CriteoShape.Fields];
        for (var i = 0; i < 20_000; i++)
        {
            world.Generate(i, row);
            for (var f = 0; f < largest.Length; f++)
                largest[f] = Math.Max(largest[f], row.Values[f]);
        }
        for (var c = 0; c < CriteoShape.CategoricalFields; c++)
            Assert.InRange(largest[CriteoShape.NumericFields + c], 0, CriteoShape.Cardinalities[c] - 1);
        Assert.True(largest[CriteoShape.NumericFields + 2] > 9_000_000);
    }

    [Fact]
    public void Token_AllRanksOfAField_Differ()
    {
        var field = new CategoricalClicksField(100_000, 1.1, 0.1, 50, 99, 4);
        Assert.Equal(100_000, Enumerable.Range(0, 100_000).Select(rank => field.Token(rank)).Distinct().Count());
    }

    [Fact]
    public void Token_LaterDay_IsThatOfWhoLivesThen()
    {
        uint[] On(double turnovers)
        {
            var field = new CategoricalClicksField(1000, 1.1, 0.1, 50, 99, 4, turnovers: turnovers);
            return [.. Enumerable.Range(0, 1000).Select(rank => field.Token(rank))];
        }

        var (first, later, next) = (On(0), On(0.3), On(1.3));
        Assert.InRange(first.Zip(later, (a, b) => a == b ? 0 : 1).Sum(), 250, 350); // three tenths have died
        Assert.All(later.Zip(first), pair => Assert.True(pair.First == pair.Second || !first.Contains(pair.First)));
        Assert.All(first.Zip(next), pair => Assert.NotEqual(pair.First, pair.Second));
        Assert.Equal(1000, next.Distinct().Count());
    }

    [Fact]
    public void Generate_LaterDay_MovesTheTruthAndKeepsItsScale()
    {
        // Tokens stay, so that both days have the same rows but for what they mean.
        var options = new SyntheticOptions { Turnover = 0, Movement = 0.1 };
        var (first, second, last) = (Draw(options), Draw(options with { Day = 1 }), Draw(options with { Day = 14 }));
        double Correlation((double First, double Pairwise, double Third, float Truth, bool Click)[] of) =>
            first.Zip(of, (a, b) => a.First * b.First).Average();
        Assert.InRange(Correlation(second), 0.97, 1.03); // cos 0.1, and scales differ a little
        Assert.InRange(Correlation(last), Math.Cos(1.4) - 0.12, Math.Cos(1.4) + 0.12);
        Assert.InRange(last.Average(r => r.First * r.First), 0.9, 1.1);
        Assert.InRange(last.Average(r => r.Truth), 0.24, 0.26);
    }

    [Fact]
    public void Draw_SameValue_SameEffects()
    {
        var field = new CategoricalClicksField(20_000, 1.1, 0.1, 50, 99, 3);
        var seen = new Dictionary<long, float[]>();
        var effects = new float[4];
        var sums = new double[4];
        var random = new RowRandom(1, 1);
        for (var i = 0; i < 100_000; i++)
        {
            var value = field.Draw(ref random, effects);
            if (!seen.TryAdd(value, effects.ToArray()))
                Assert.Equal(seen[value], effects);
            for (var k = 0; k < 4; k++)
                sums[k] += effects[k] / 100_000.0;
        }
        Assert.All(sums, mean => Assert.InRange(mean, -0.02, 0.02)); // centred
    }

    [Fact]
    public void AliasTable_Draws_FollowTheProbabilities()
    {
        double[] probabilities = [0.5, 0, 0.3, 0.15, 0.05];
        var table = new AliasTable(probabilities);
        var counts = new int[5];
        var random = new RowRandom(3, 3);
        for (var i = 0; i < 200_000; i++)
            counts[table.Draw(random.Next())]++;
        Assert.Equal(0, counts[1]);
        for (var i = 0; i < 5; i++)
            Assert.InRange(counts[i] / 200_000.0, probabilities[i] - 0.006, probabilities[i] + 0.006);
    }

    private static (double First, double Pairwise, double Third, float Truth, bool Click)[] Draw(SyntheticOptions options)
    {
        var world = new SyntheticWorld(options);
        var row = world.NewRow();
        var rows = new (double, double, double, float, bool)[Rows];
        for (var i = 0; i < Rows; i++)
        {
            world.Generate(i, row);
            rows[i] = (row.First, row.Pairwise, row.Third, row.Truth, row.Click);
        }
        return rows;
    }

    private static double Auc(IEnumerable<(double Value, bool Click)> rows)
    {
        double rank = 0, sum = 0, clicks = 0;
        foreach ((var _, var click) in rows.OrderBy(r => r.Value))
        {
            rank++;
            sum += click ? rank : 0;
            clicks += click ? 1 : 0;
        }
        return (sum - clicks * (clicks + 1) / 2) / (clicks * (rank - clicks));
    }
}
