using Consort.Foundation.Ranks;

namespace Consort.Distributed.Planning;

/// <summary>What a step costs one of N ranks, by a model that counts what the step does.</summary>
/// <param name="Ranks">N.</param>
/// <param name="Batch">Rows of the whole batch.</param>
/// <param name="Compute">Seconds of forward, loss, backward and dense update.</param>
/// <param name="Tables">Seconds that memory takes for rows of tables: read, exchanged, updated.</param>
/// <param name="Wire">Seconds on the network, but for those that pass during the backward pass.</param>
/// <param name="WireBytes">Bytes that a rank sends.</param>
/// <param name="Exchanges">Calls in which all ranks meet; dense gradients travel besides.</param>
/// <param name="MemoryBytes">Of parameters and optimizer of a rank.</param>
internal sealed record StepCost(
    int Ranks, double Batch, double Compute, double Tables, double Wire, double WireBytes, int Exchanges, double MemoryBytes)
{
    private const int Number = 4;
    private const int States = 3; // values and Adam's two moments
    private const int RowHead = 6; // numbers that are told of each row besides logits
    private const int NormCalls = 2;
    private const int OtherCalls = 1 + 4; // logits; counts and rows, twice, or of shards counts, ids, rows, gradients
    private const int DenseWays = 2; // numbers to who sums them, sums to all
    private const double BackwardShare = 2.0 / 3; // of the multiplications of a step
    private const int NormOfShards = 1; // the gradient's, to clip by

    /// <summary>Seconds.</summary>
    public double Seconds => Compute + Tables + Wire;

    /// <summary>Rows a second of all ranks.</summary>
    public double RowsPerSecond => Batch / Seconds;

    /// <summary>What takes most of it.</summary>
    public string Bound => Compute >= Tables && Compute >= Wire ? "compute" : Tables >= Wire ? "memory" : "network";

    /// <summary>Counts a step.</summary>
    /// <param name="demand">The family.</param>
    /// <param name="machine">What each machine does for each of its ranks.</param>
    /// <param name="network">Between machines.</param>
    /// <param name="tokens">What rows are made of.</param>
    /// <param name="layout">The ranks.</param>
    /// <param name="batch">Rows of the whole batch.</param>
    public static StepCost Of(
        TrainingDemand demand, MachineSpeed machine, Network network, ITokens tokens, RankLayout layout, double batch)
    {
        var ranks = layout.Ranks;
        var rows = batch / ranks;
        var own = tokens.Distinct(rows);
        var all = ranks == 1 ? own : tokens.Distinct(batch);
        var compute = machine.SecondsPerStep + (rows * machine.SecondsPerRow) + ((batch - rows) * machine.LossSecondsPerRow);

        // Read once on the way forward, then values and moments of what a rank updates read and written.
        var (updated, held) = layout.ShardTables ? (all / ranks, tokens.Count / ranks) : (all, tokens.Count);
        var tables = Number * demand.NumbersPerToken * (own + (2 * States * updated)) / machine.Lines;
        var memory = Number * States * ((held * demand.NumbersPerToken) + demand.DenseNumbers);
        if (ranks == 1)
            return new StepCost(ranks, batch, compute, tables, 0, 0, 0, memory);

        var wired = layout.Wire.Bytes(); // a gradient's number
        var (gradients, row) = (wired * demand.NumbersPerToken, Number * demand.NumbersPerToken);
        var record = Number + gradients;
        var (others, sharedOut) = (ranks - 1, (ranks - 1.0) / ranks);
        var bytes = (others * Number * (1 + (rows * (RowHead + demand.Members))))
            + (others * 8.0 * demand.NormWidths.Sum(w => NormCalls * (1 + (2.0 * w))))
            + (layout.ShardTables
                ? (sharedOut * own * (Number + row + gradients)) + (others * (Number + 16))
                : (sharedOut * own * record) + (others * all / ranks * record) + (others * 2.0 * Number));
        var dense = DenseWays * sharedOut * wired; // bytes a number
        // Packed, received, summed, gathered, put: each read and written.
        var copied = (layout.ShardTables ? 2 * row * 4 * own : 2 * (Number + row) * ((2 * own) + own + (2 * all))) / machine.Streams;
        var exchanges = OtherCalls + (layout.ShardTables ? NormOfShards : 0) + (NormCalls * demand.NormWidths.Count);
        var within = Network.Shared(machine.Streams);
        var latency = (layout.Here == ranks ? within.Latency : network.Latency) * Math.Ceiling(Math.Log2(ranks));
        // Part after part: each leaves when it is complete and the one before is through.
        var (backward, through) = (BackwardShare * compute, 0.0);
        foreach (var (left, numbers) in demand.Completions)
            through = Math.Max(through, (1 - left) * backward) + layout.SecondsOf(dense * numbers, network, within);
        var wire = (exchanges * latency) + layout.SecondsOf(bytes, network, within)
            + Math.Max(0, through + (DenseWays * latency) - backward);
        return new StepCost(
            ranks, batch, compute, tables + copied, wire, bytes + (dense * demand.Completions.Sum(c => c.Numbers)), exchanges, memory);
    }
}
