using Consort.Data.Datasets;
using Consort.Experiments.Running;
using Consort.Foundation.Options;
using Consort.Foundation.Ranks;
using Consort.Learning.Training;

namespace Consort.Experiments.Updating;

/// <summary>Which run goes on with which rows.</summary>
/// <param name="Run">The folder of a finished run; it stays as it is.</param>
/// <param name="Data">The new rows, one place after another, as the run's schema describes them.</param>
/// <param name="Folder">The folder of the new run.</param>
/// <param name="Threads">At least 1.</param>
public sealed record UpdateRequest(string Run, IReadOnlyList<string> Data, string Folder, int Threads)
{
    /// <summary>How it goes on.</summary>
    public UpdateOptions Options { get; init; } = new();

    /// <summary>Whether to go on where the new folder stands.</summary>
    public bool Resume { get; init; }

    /// <summary>By which names in the run's experiment are resolved, and the kinds of sources.</summary>
    public Catalogues Catalogues { get; init; } = Catalogues.Default;

    /// <summary>Told about encoding, or null.</summary>
    public IProgress<EncodeProgress>? Encoding { get; init; }

    /// <summary>Told about training, or null.</summary>
    public IProgress<TrainingProgress>? Training { get; init; }

    /// <summary>Told a line that the user should see, or null.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Whether nothing else runs in the process.</summary>
    public bool IsAlone { get; init; } = true;

    /// <summary>Whether to train even where a step seems to need more memory than is free.</summary>
    public bool IgnoreMemory { get; init; }

    /// <inheritdoc cref="RunRequest.Ranks"/>
    public IRanks? Ranks { get; init; }

    /// <inheritdoc cref="RunRequest.ShardTables"/>
    public bool ShardTables { get; init; }

    /// <inheritdoc cref="RunRequest.OverlapsExchange"/>
    public bool OverlapsExchange { get; init; } = true;

    /// <inheritdoc cref="RunRequest.Wire"/>
    public WirePrecision Wire { get; init; }

    /// <summary>Whether to train even on rows that are all clicks, or none, which mostly are a mistake in the log.</summary>
    public bool OneClass { get; init; }
}

/// <summary>What came of an update.</summary>
/// <param name="Run">The new run.</param>
/// <param name="Record">Where it comes from, and what the run before said of the new rows.</param>
public sealed record UpdateResult(RunResult Run, UpdateRecord Record);
