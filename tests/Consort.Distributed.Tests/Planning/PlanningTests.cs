using Consort.Distributed.OpenMpi;
using Consort.Distributed.Planning;
using Consort.Foundation.Ranks;

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
        Assert.Equal(logits + norms + dense + rows + (3 * 4 * 2), cost.WireBytes, 0.001 * cost.WireBytes);
        Assert.Equal(5 + 2, cost.Exchanges);
        Assert.Equal((9 * 2 * 1e-5) + (cost.WireBytes / 1e9), cost.Wire, 1e-9); // with the two ways of dense gradients
        Assert.True(cost.Compute < Cost(ranks: 1).Compute);
    }

    [Fact]
    public void Of_DenseGradientsThatAreCompleteEarly_TravelDuringTheBackwardPass()
    {
        // 2/3 of 1.25 ms go backward; 1,000 numbers are 6 kB to send, 6 µs.
        double Wire(params (double, double)[] completions) => StepCost.Of(Demand with { Completions = completions }, Machine, Line,
            new EqualFields(2, 2e12, 0), new RankLayout(4), batch: 1000).Wire;
        var behind = Wire((0, 1000));
        Assert.Equal(6e-6, behind - Wire((0.5, 1000), (0, 0)), 1e-9);
        Assert.Equal(3e-6, behind - Wire((0.5, 500), (0, 500)), 1e-9);
        // Half of it has a microsecond left for three.
        Assert.Equal(1e-6, behind - Wire((1e-6 / (2.0 / 3 * Cost(4).Compute), 500), (0, 500)), 1e-8);
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

    [Fact]
    public void Of_FourShards_CountsIdsRowsAndGradients()
    {
        var (whole, shards) = (Cost(4), Cost(new RankLayout(4, ShardTables: true)));
        const int Row = 4 * 8;
        var rows = (500 * 3 / 4 * (4 + (2 * Row))) + (3 * (4 + 16));
        var replicas = (500 * 3 / 4 * (4 + Row)) + (3 * 2000 / 4 * (4 + Row)) + (3 * 4 * 2);
        Assert.Equal(rows - replicas, shards.WireBytes - whole.WireBytes, 0.001 * whole.WireBytes);
        Assert.Equal(4 * 3 * 2e12 * 8 / 4, shards.MemoryBytes, 1e-6 * whole.MemoryBytes);
        Assert.True(shards.Tables < whole.Tables);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_GradientsRoundedOnTheWire_CountsHalves(bool shards)
    {
        var (floats, halves) = (Cost(new RankLayout(4, 1, shards)), Cost(new RankLayout(4, 1, shards, WirePrecision.Bf16)));
        var dense = 2 * 3 * 2 * 1000 / 4; // bytes that are saved
        var rows = (500 * 3 / 4 * 2 * 8) + (shards ? 0 : 3 * 2000 / 4 * 2 * 8);
        Assert.Equal(dense + rows, floats.WireBytes - halves.WireBytes, 0.001 * floats.WireBytes);
        Assert.True(halves.Wire < floats.Wire);
    }

    [Fact]
    public void SecondsOf_RanksOfTwoMachines_ShareTheirLine()
    {
        // Each of four ranks sends a third of its bytes to its neighbour; two of them share the line for the rest.
        Assert.Equal((100 / 1e12) + (2 * 200 / 1e9), new RankLayout(4, PerMachine: 2).SecondsOf(300, Line, new Network("", 1e12, 0)), 1e-9);
        Assert.Equal(300 / 1e12, new RankLayout(4, PerMachine: 8).SecondsOf(300, Line, new Network("", 1e12, 0)), 1e-15);
        Assert.Equal(300 / 1e9, new RankLayout(4).SecondsOf(300, Line, new Network("", 1e12, 0)), 1e-9);
    }

    private static StepCost Cost(int ranks) => Cost(new RankLayout(ranks));

    private static TrainingDemand Demand { get; } = new(1e6, 1000, Fields: 2, NumbersPerToken: 8, NormWidths: [16], Members: 1);

    private static StepCost Cost(RankLayout layout) =>
        StepCost.Of(Demand, Machine, Line, new EqualFields(2, 2e12, 0), layout, batch: 1000);
}
