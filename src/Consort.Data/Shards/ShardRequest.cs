using System.IO.Hashing;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Shards;

/// <summary>Which rows a process takes of those of a dataset.</summary>
/// <param name="Schema">What the raw data look like.</param>
/// <param name="Split">All sources, also those of others, and how their rows are dealt to the splits.</param>
/// <param name="Shard">Which share is this process's.</param>
/// <param name="Threads">Threads, 0 to 1,024; 0 takes one per processor.</param>
internal sealed record ShardRequest(Schema Schema, SplitPlan Split, Shard Shard, int Threads = 0)
{
    /// <summary>The kinds of sources that are read.</summary>
    public SourceCatalogue Sources { get; init; } = SourceCatalogue.BuiltIn;

    /// <summary>What the sources are called, without the folders that may differ between machines.</summary>
    internal string FileNames => Convert.ToHexStringLower(XxHash128.Hash(System.Text.Encoding.UTF8.GetBytes(
        string.Join('\n', Split.Files.Select(f => SourcePlace.IsFile(f) ? Path.GetFileName(f) : f)))));

    /// <summary>Whether a row's number decides what becomes of it.</summary>
    internal bool NeedsRowNumbers =>
        Split.Kind is SplitKind.BySeed or SplitKind.InOrder or SplitKind.ByColumn || Split.Sample is { Share: < 1 };

    internal int ThreadsOrAll => Threads == 0 ? Environment.ProcessorCount : Threads;

    internal void Validate()
    {
        Schema.Validate("schema");
        if (Threads is < 0 or > 1024) throw new ConsortException($"threads: found {Threads}, expected 0 to 1024");
    }
}
