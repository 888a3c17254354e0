using Consort.Learning.Diagnostics;
using Consort.Learning.Evaluation;

namespace Consort.Studies.Diagnostics;

/// <summary>
/// What a finished run looks like from inside, on rows it was not trained on: <c>diagnosis.json</c>. Keys are these names in snake case.
/// Numbers that are not defined are the strings "NaN", "Infinity" or "-Infinity".
/// </summary>
public sealed record Diagnosis
{
    /// <summary>Grows when a key changes its meaning or goes.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The name of the run's folder.</summary>
    public required string Run { get; init; }

    /// <summary>The experiment's name.</summary>
    public required string Experiment { get; init; }

    /// <summary>The run's seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The strategy of each phase.</summary>
    public required IReadOnlyList<string> Strategies { get; init; }

    /// <summary>The strategies in the order of their phases, for people.</summary>
    internal string Strategy => string.Join(" then ", Strategies);

    /// <summary>How logits are fused: <c>mean</c> or <c>sum</c>.</summary>
    public required string Fusion { get; init; }

    /// <summary>The rows it was measured on.</summary>
    public required DiagnosedRows Data { get; init; }

    /// <summary>The fused output.</summary>
    public required OutputDiagnosis Ensemble { get; init; }

    /// <summary>Each member, in the order of the family.</summary>
    public required IReadOnlyList<MemberDiagnosis> Members { get; init; }

    /// <summary>How far members are from each other and from the ensemble.</summary>
    public required MemberSpread Spread { get; init; }

    /// <summary>All pairs of members, first &lt; second; none for a single member.</summary>
    public required IReadOnlyList<Agreement> Agreements { get; init; }

    /// <summary>Embedding tables, field by field, that members share.</summary>
    public required IReadOnlyList<LayerSpectrum> SharedLayers { get; init; }

    /// <summary>What it gives on rows it was trained on; null where these are not at hand, or not asked for.</summary>
    public TrainFit? Train { get; init; }

    /// <summary>Which fields the predictions rest on; null where that was not asked for.</summary>
    public FieldImportances? Importance { get; init; }

    /// <summary>Which weights of a run that has not finished were looked into, in words; null for a finished run.</summary>
    public string? Unfinished { get; init; }

    /// <summary>What it gave on each row; null for a diagnosis that was read from a file.</summary>
    internal RunOutputs? Outputs { get; init; }
}

/// <summary>The rows of a diagnosis.</summary>
/// <param name="Source"><c>test</c>, <c>valid</c>, or the name of a raw file.</param>
/// <param name="Rows">All of them: outputs, agreement, calibration.</param>
/// <param name="Clicks">Those with label 1.</param>
/// <param name="SampledRows">N, the rows of which representations were taken, drawn from all.</param>
public sealed record DiagnosedRows(string Source, long Rows, long Clicks, int SampledRows);

/// <summary>What one output, a member's or the ensemble's, is worth.</summary>
/// <param name="Metrics">AUC, log-loss, calibration.</param>
/// <param name="Calibration">The reliability curve.</param>
/// <param name="GroupAuc">AUC within groups, or null where no field was named.</param>
public sealed record OutputDiagnosis(Metrics Metrics, CalibrationCurve Calibration, GroupAuc? GroupAuc);

/// <summary>One member.</summary>
/// <param name="Member">Its number, from 0.</param>
/// <param name="Model">Its model: <c>DeepFM</c>.</param>
/// <param name="Output">What its own logit is worth.</param>
/// <param name="Discrepancy">How far its probabilities are from the ensemble's.</param>
/// <param name="Layers">Its own layers, from the first to the last, and its own embedding tables field by field.</param>
/// <param name="LastLayers">The names of the layers that no further layer reads: side by side they are the member's last
/// representation.</param>
/// <param name="KnowledgeAbundance">Information abundance of the last representation [N, units]; null for a model without hidden
/// layers.</param>
/// <param name="CentredAbundance">The same after its mean row was taken off; null likewise.</param>
/// <param name="EffectiveRank">Effective rank of the last representation after its mean row was taken off; null likewise.</param>
public sealed record MemberDiagnosis(
    int Member, string Model, OutputDiagnosis Output, Discrepancy Discrepancy, IReadOnlyList<LayerSpectrum> Layers,
    IReadOnlyList<string> LastLayers, double? KnowledgeAbundance, double? CentredAbundance, double? EffectiveRank);

/// <summary>|p_m − p_ens| over the rows.</summary>
/// <param name="Mean">0 to 1.</param>
/// <param name="Max">0 to 1.</param>
public sealed record Discrepancy(double Mean, double Max);

/// <summary>The spread of members.</summary>
/// <param name="AucMean">Mean of the members' AUC.</param>
/// <param name="AucDeviation">Standard deviation with M − 1 below; NaN for one member.</param>
/// <param name="AucMin">The worst member's.</param>
/// <param name="AucMax">The best member's.</param>
/// <param name="LogLossMean">Mean of the members' log-loss.</param>
/// <param name="LogLossDeviation">Standard deviation likewise.</param>
/// <param name="DiscrepancyMean">Mean over members and rows of |p_m − p_ens|.</param>
/// <param name="DiscrepancyMax">The greatest of them.</param>
/// <param name="KnowledgeAbundanceMean">Mean over the members that have one, or null.</param>
/// <param name="CentredAbundanceMean">Likewise.</param>
/// <param name="EffectiveRankMean">Likewise.</param>
public sealed record MemberSpread(
    double AucMean, double AucDeviation, double AucMin, double AucMax, double LogLossMean, double LogLossDeviation,
    double DiscrepancyMean, double DiscrepancyMax, double? KnowledgeAbundanceMean, double? CentredAbundanceMean,
    double? EffectiveRankMean);

/// <summary>How alike two members are.</summary>
/// <param name="First">A member's number.</param>
/// <param name="Second">A greater one.</param>
/// <param name="LogitCorrelation">Pearson's correlation of their logits, −1 to 1.</param>
/// <param name="MeanProbabilityDifference">Mean |p_first − p_second|, 0 to 1.</param>
/// <param name="RankAgreement">Share of sampled pairs of rows that both put in the same order, 0 to 1; 0.5 by chance.</param>
/// <param name="Cka">Linear CKA of their last representations, 0 to 1; null where one has none.</param>
public sealed record Agreement(
    int First, int Second, double LogitCorrelation, double MeanProbabilityDifference, double RankAgreement, double? Cka);
