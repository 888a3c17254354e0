using Consort.Distributed.OpenMpi;
using Consort.Distributed.Planning;

namespace Consort.Distributed.Tests.Planning;

/// <summary>What plans count, against what can be counted by hand.</summary>
public sealed class PlanningTests
{
    private static readonly MachineSpeed Machine = new(1e-3, 1e-6, 1e-8, Streams: 10e9, Lines: 1e9);
    private static readonly Network Line = new("test", 1e9, 1e-5);

    [Theory]
    [InlineData(500, 1.1, 300)]
    [InlineData(20_000, 1.1, 4096)]
    [InlineData(20_000, 0, 4096)]
    [InlineData(3, 2, 1)]
    public void Distinct_OfZipf_IsTheSumOverTokens(int tokens, double exponent, int rows)
    {
        var shares = Enumerable.Range(1, tokens).Select(k => Math.Pow(k, -exponent)).ToArray();
        var total = shares.Sum();
        var expected = shares.Sum(s => 1 - Math.Pow(1 - (s / total), rows));
        Assert.Equal(expected, new Vocabulary(tokens, exponent).Distinct(rows), 0.01 * expected);
    }

    [Theory]
    [InlineData("25Gb", 0.9 * 25e9 / 8, 30e-6)]
    [InlineData("100Gb/5us", 0.9 * 100e9 / 8, 5e-6)]
    public void Parse_ASpeed_IsItsPayload(string text, double bytes, double latency)
    {
        var network = Network.Parse(text)!;
        Assert.Equal(bytes, network.BytesPerSecond, 1);
        Assert.Equal(latency, network.Latency, 1e-12);
    }

    [Theory]
    [InlineData("25")]
    [InlineData("25Gb/")]
    [InlineData("-1Gb")]
    [InlineData("NaNGb")]
    [InlineData("1Gb/5us/2")]
    public void Parse_NoSpeed_IsNull(string text) => Assert.Null(Network.Parse(text));

    [Fact]
    public void Of_OneRank_SendsNothing()
    {
        var cost = Cost(ranks: 1);
        Assert.Equal((0, 0, 0), (cost.Wire, cost.WireBytes, cost.Exchanges));
        Assert.Equal(1e-3 + (1000 * 1e-6), cost.Compute, 1e-9);
    }

    [Fact]
    public void Of_FourRanks_CountsWhatARankSends()
    {
        // Tokens so many that no two rows share one: 250 rows of 2 fields are 500 of this rank, 2000 of all.
        var cost = Cost(ranks: 4);
        const int Record = 4 * (1 + 8);
        var logits = 3 * 4 * (1 + (250 * (6 + 1)));
        var norms = 3 * 8 * 2 * (1 + (2 * 16));
        var dense = 2 * 3 * 4 * 1000 / 4;
        var rows = (500 * 3 / 4 * Record) + (3 * 2000 / 4 * Record);
        Assert.Equal(logits + norms + dense + rows + (3 * 4 * 5), cost.WireBytes, 0.001 * cost.WireBytes);
        Assert.Equal(7 + 2, cost.Exchanges);
        Assert.Equal((9 * 2 * 1e-5) + (cost.WireBytes / 1e9), cost.Wire, 1e-9);
        Assert.True(cost.Compute < Cost(ranks: 1).Compute);
    }

    [Fact]
    public void Simulate_EqualRanks_IsTheCost()
    {
        var cost = Cost(ranks: 8);
        Assert.Equal(cost.Seconds, StragglerSimulation.Seconds(cost, new Stragglers(0, 0, 1), steps: 3, seed: 1), 1e-9);
        var some = StragglerSimulation.Seconds(cost, new Stragglers(0.05, 0.01, 3), steps: 50, seed: 1);
        var larger = Cost(ranks: 64);
        var many = StragglerSimulation.Seconds(larger, new Stragglers(0.05, 0.01, 3), steps: 50, seed: 1) / larger.Seconds;
        Assert.InRange(some, 1.01 * cost.Seconds, 3 * cost.Seconds);
        Assert.True(many > some / cost.Seconds); // the more wait, the longer for the last
    }

    [Fact]
    public void Launch_WithoutMpirun_IsOneProcess()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("OMPI_COMM_WORLD_SIZE") is null, "the tests run under mpirun");
        Assert.Equal((1, 0, 1), (MpiLaunch.Ranks, MpiLaunch.Rank, MpiLaunch.RanksHere));
    }

    private static StepCost Cost(int ranks) => StepCost.Of(
        new TrainingDemand(1e6, 1000, Fields: 2, NumbersPerToken: 8, NormWidths: [16], Members: 1), Machine, Line, tokens: 2e12,
        exponent: 0, ranks, batch: 1000);
}
