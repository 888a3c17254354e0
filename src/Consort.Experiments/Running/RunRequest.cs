using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Foundation.Ranks;
using Consort.Learning.Training;

namespace Consort.Experiments.Running;

/// <summary>What to run, where to, and who is told about it.</summary>
/// <param name="Experiment">What to run.</param>
/// <param name="Folder">The run folder.</param>
/// <param name="Threads">At least 1.</param>
/// <param name="Resume">Whether to go on from the folder's checkpoint if there is one.</param>
/// <param name="Encoding">Told about encoding, or null.</param>
/// <param name="Training">Told about training, or null.</param>
public sealed record RunRequest(
    Experiment Experiment, string Folder, int Threads, bool Resume = false,
    IProgress<EncodeProgress>? Encoding = null, IProgress<TrainingProgress>? Training = null)
{
    /// <summary>Whether nothing else runs in the process; else what a step allocates cannot be told, and is NaN.</summary>
    public bool IsAlone { get; init; } = true;

    /// <summary>The processes that run it together, of which rank 0 alone writes; null for one.</summary>
    public IRanks? Ranks { get; init; }

    /// <summary>Whether each of the ranks holds a part of the tables; else all of them have all rows.</summary>
    public bool ShardTables { get; init; }

    /// <summary>Whether the ranks exchange dense gradients while the backward pass goes on, rather than behind it.</summary>
    public bool OverlapsExchange { get; init; } = true;

    /// <summary>What gradients are rounded to as they travel from rank to rank.</summary>
    public WirePrecision Wire { get; init; }

    /// <summary>Whether to train even where a step is estimated to need more memory than is free.</summary>
    public bool IgnoreMemory { get; init; }

    /// <summary>What the first phase begins with in the place of weights that are drawn; null to draw them.</summary>
    internal StartingWeights? Start { get; init; }

    /// <summary>
    /// Told a line that the user should see, such as what of the data will make results say less than they seem to; or null.
    /// </summary>
    public Action<string>? Notice { get; init; }
}

/// <summary>Weights and an optimizer's state that a run begins with.</summary>
/// <param name="Path">The file; needed until the run has a checkpoint of its own.</param>
/// <param name="Identity">A digest of what they follow from.</param>
internal sealed record StartingWeights(string Path, string Identity);

/// <summary>What a run came to.</summary>
/// <param name="Folder">The run folder.</param>
/// <param name="Training">What was measured.</param>
/// <param name="Encoding">What came of encoding, or null where the data were encoded before.</param>
public sealed record RunResult(string Folder, TrainingResult Training, EncodeResult? Encoding)
{
    /// <summary>Whether the run had finished before: it was measured again, and nothing was written.</summary>
    public bool HadFinished { get; init; }
}
