using Consort.Foundation.Options;

namespace Consort.Studies.Diagnostics;

/// <summary>Which run to look into, and on which rows.</summary>
/// <param name="Run">The run folder.</param>
/// <param name="Data">A raw file with labels, an encoded dataset, or null for the data of the run's own experiment.</param>
/// <param name="Split"><c>test</c> or <c>valid</c> of an encoded dataset; null for the test split, or the validation split where there is
/// no other.</param>
/// <param name="Rows">N, the rows drawn for the spectra, 16 to 100,000.</param>
/// <param name="Group">A categorical column whose values are groups for gAUC, or null.</param>
/// <param name="Threads">At least 1; results do not depend on it.</param>
public sealed record DiagnosisRequest(
    string Run, string? Data = null, string? Split = null, int Rows = DiagnosisRequest.DefaultRows, string? Group = null, int Threads = 1)
{
    /// <summary>The usual N.</summary>
    public const int DefaultRows = 4096;

    /// <summary>The least N.</summary>
    public const int MinRows = 16;

    /// <summary>The greatest N.</summary>
    public const int MaxRows = 100_000;

    /// <summary>The usual number of training rows.</summary>
    public const int DefaultTrainRows = 100_000;

    /// <summary>The greatest.</summary>
    public const int MaxTrainRows = 10_000_000;

    /// <summary>Training rows drawn for their log-loss; 0 leaves training rows alone, and then nothing is weighted by frequency.</summary>
    public int TrainRows { get; init; } = DefaultTrainRows;

    /// <summary>The most rows for the importance of fields.</summary>
    public const int MaxImportanceRows = 1_000_000;

    /// <summary>Rows drawn for the importance of fields, at least <see cref="MinRows"/>; 0 measures none.</summary>
    public int ImportanceRows { get; init; }

    /// <summary>Fields whose importance is also measured together, each item some of them.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Together { get; init; } = [];

    /// <summary>By which names in the run's experiment are resolved, and sources of rows.</summary>
    public Catalogues Catalogues { get; init; } = Catalogues.Default;

    /// <summary>Told a line about columns of a raw file that the run does not know and that were passed over; or null.</summary>
    public Action<string>? Notice { get; init; }
}
