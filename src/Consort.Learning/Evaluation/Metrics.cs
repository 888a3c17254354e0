using System.Text.Json.Serialization;

namespace Consort.Learning.Evaluation;

/// <summary>What was measured on a set of rows; where rows have weights each counts as if it were there so often.</summary>
/// <param name="Auc">Exact area under the ROC curve, 0 to 1; NaN when the labels are all alike or a logit was NaN.</param>
/// <param name="LogLoss">Mean cross-entropy in nats, probabilities clipped as <see cref="Evaluator"/> says; NaN without rows.</param>
/// <param name="Calibration">Σ p / Σ y, predicted over observed clicks, ideally 1; infinite without clicks, NaN without rows.</param>
/// <param name="CalibrationError">Expected calibration error: Σ_bins n_bin/n · |mean p − mean y|, over 15 bins of equal width.</param>
/// <param name="Rows">Rows measured, whatever their weights.</param>
/// <param name="Clicks">Those with label 1.</param>
public sealed record Metrics(double Auc, double LogLoss, double Calibration, double CalibrationError, long Rows, long Clicks)
{
    /// <summary>AUC within the groups of the rows; null where the schema has no field of kind group.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? GroupAuc { get; init; }

    /// <summary>Groups with both clicks and others, over which that is; null where it was not measured just now.</summary>
    [JsonIgnore]
    public int? Groups { get; init; }

    /// <summary>
    /// Lower end of its 95 % interval for other groups, by drawing groups with replacement; of an ensemble alone, where it was measured
    /// just now over two groups or more.
    /// </summary>
    [JsonIgnore]
    public double? GroupAucLow { get; init; }

    /// <summary>Upper end.</summary>
    [JsonIgnore]
    public double? GroupAucHigh { get; init; }

    /// <summary>
    /// Relative improvement of an AUC in per cent: ((AUC − 0.5)/(AUC_base − 0.5) − 1) · 100. NaN or infinite for a base of 0.5.
    /// </summary>
    /// <param name="auc">AUC of the model.</param>
    /// <param name="baseAuc">AUC of the base model.</param>
    public static double RelaImp(double auc, double baseAuc) => ((auc - 0.5) / (baseAuc - 0.5) - 1) * 100;
}
