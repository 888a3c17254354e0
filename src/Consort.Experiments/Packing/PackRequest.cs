using Consort.Data.Datasets;
using Consort.Foundation.Options;
using Consort.Learning.Evaluation;
using Consort.Serving.Calibrations;
using Consort.Serving.Packages;

namespace Consort.Experiments.Packing;

/// <summary>What to pack, and how.</summary>
/// <param name="Run">The folder of a finished run.</param>
/// <param name="Output">The package; replaced when the new one is whole.</param>
/// <param name="Threads">To measure with, at least 1.</param>
public sealed record PackRequest(string Run, string Output, int Threads)
{
    /// <summary>Where the rows that the run was trained on are now, or null for where they were.</summary>
    public string? Data { get; init; }

    /// <summary>The member to take alone; null for the ensemble of all.</summary>
    public int? Member { get; init; }

    /// <summary>Whether to take the member alone that is best on the run's validation rows; test rows have no say.</summary>
    public bool BestMember { get; init; }

    /// <summary>How tables are held.</summary>
    public PackageWeights Weights { get; init; }

    /// <summary>
    /// Fitted on the run's validation rows; null for Platt's where the run's last phase learned from teachers and the rows are at hand,
    /// else none: logits that were matched to a teacher's are not calibrated by the labels.
    /// </summary>
    public CalibrationKind? Calibration { get; init; }

    /// <summary>By which names in the run's experiment are resolved.</summary>
    public Catalogues Catalogues { get; init; } = Catalogues.Default;

    /// <summary>Told about encoding, where the run's rows must be encoded again; or null.</summary>
    public IProgress<EncodeProgress>? Encoding { get; init; }
}

/// <summary>A split by the run's own numbers and by the package.</summary>
/// <param name="Split"><c>valid</c> or <c>test</c>.</param>
/// <param name="Trained">By the run.</param>
/// <param name="Packed">By the package, calibrated.</param>
public sealed record PackedSplit(string Split, Metrics Trained, Metrics Packed)
{
    /// <summary>By the package without its calibration; null where it has none.</summary>
    public Metrics? Uncalibrated { get; init; }
}

/// <summary>What came of packing.</summary>
/// <param name="Path">The package.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Members">The models in it.</param>
/// <param name="Calibration">What was fitted.</param>
/// <param name="Splits">What the package costs or brings, where that could be measured.</param>
/// <param name="NotMeasured">Why it was not measured, or null.</param>
public sealed record PackResult(
    string Path, long Bytes, IReadOnlyList<string> Members, Calibration Calibration, IReadOnlyList<PackedSplit> Splits,
    string? NotMeasured)
{
    /// <summary>Whether the run learned from teachers and is not calibrated, though nobody said so, for no rows were at hand.</summary>
    public bool LacksCalibration { get; init; }
}
