using System.CommandLine;
using Consort.Distributed.OpenMpi;
using Consort.Foundation.Ranks;

namespace Consort.Cli.Commands;

/// <summary>How the processes that mpirun has started train together, as options of a command.</summary>
internal sealed class RankFlags
{
    private readonly Option<bool> _shardTables =
        Shared.Flag("--shard-tables", "Of several ranks under mpirun, each holds a part of the embeddings' rows.");
    private readonly Option<bool> _noOverlap = Shared.Flag(
        "--no-overlap", "Of several ranks: exchange dense gradients behind the backward pass, not during it, to compare times.");
    private readonly Option<string> _wire = Shared.Wire();

    /// <summary>Them all.</summary>
    public Option[] All => [_shardTables, _noOverlap, _wire];

    /// <summary>Joins the others where there are any.</summary>
    /// <exception cref="ConsortException">There is no Open MPI here.</exception>
    public static MpiRanks? Join() => MpiLaunch.Ranks > 1 ? MpiRanks.Join() : null;

    /// <summary>What was given.</summary>
    /// <exception cref="ConsortException">Something of several processes, where there is one.</exception>
    public (bool ShardTables, bool Overlaps, WirePrecision Wire) Read(ParseResult arguments, IRanks? ranks)
    {
        var (shards, wire) = (arguments.GetValue(_shardTables), WirePrecisions.Names[arguments.GetValue(_wire)!]);
        if (shards && ranks is null)
            throw new ConsortException("--shard-tables: found one process, expected several: start them with mpirun");
        if (wire != WirePrecision.Float && ranks is null)
            throw new ConsortException($"--wire {wire.Name()}: found one process, expected several: start them with mpirun");
        return (shards, !arguments.GetValue(_noOverlap), wire);
    }
}
