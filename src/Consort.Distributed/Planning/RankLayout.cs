using Consort.Foundation.Ranks;

namespace Consort.Distributed.Planning;

/// <summary>How ranks are spread, and what they hold.</summary>
/// <param name="Ranks">N.</param>
/// <param name="PerMachine">How many of them share a machine, and the line that it has to the others.</param>
/// <param name="ShardTables">Whether each holds a part of the tables; else all hold all.</param>
/// <param name="Wire">What gradients are rounded to as they travel.</param>
internal sealed record RankLayout(
    int Ranks, int PerMachine = 1, bool ShardTables = false, WirePrecision Wire = WirePrecision.Float)
{
    /// <summary>Those of one machine, where there are not more places than ranks.</summary>
    public int Here => Math.Min(Ranks, PerMachine);

    /// <summary>Seconds that a rank's bytes take, to those on its machine and to the others.</summary>
    /// <param name="bytes">That it sends, the same to each.</param>
    /// <param name="network">Between machines.</param>
    /// <param name="memory">Within one.</param>
    public double SecondsOf(double bytes, Network network, Network memory)
    {
        var within = bytes * (Here - 1) / (Ranks - 1);
        return (within / memory.BytesPerSecond) + (Here * (bytes - within) / network.BytesPerSecond);
    }
}
