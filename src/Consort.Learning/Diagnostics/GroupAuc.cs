using Consort.Learning.Evaluation;

namespace Consort.Learning.Diagnostics;

/// <summary>
/// AUC within groups, weighted by impressions: gAUC = Σ_g n_g · AUC_g / Σ_g n_g over the groups that have clicks and others. Source: Zhu et
/// al. 2017 (Optimized Cost per Click in Taobao), Zhou et al. 2018 (DIN), eq. 7, weighted by impressions.
/// </summary>
/// <param name="Field">The column whose values are the groups.</param>
/// <param name="Auc">gAUC, 0 to 1; NaN where no group has both classes.</param>
/// <param name="Groups">Groups with both classes: those that count.</param>
/// <param name="Rows">Rows of these.</param>
/// <param name="OneClassGroups">Groups left out because all their labels are alike.</param>
/// <param name="OneClassRows">Rows of these.</param>
/// <param name="UngroupedRows">Rows left out because the value is missing or was not in the training rows.</param>
public sealed record GroupAuc(string Field, double Auc, int Groups, long Rows, int OneClassGroups, long OneClassRows, long UngroupedRows)
{
    /// <summary>Lower end of the 95 % interval for other groups, by drawing groups with replacement; null with fewer than two.</summary>
    public double? Low { get; init; }

    /// <summary>Upper end.</summary>
    public double? High { get; init; }

    /// <summary>Measures one output.</summary>
    /// <param name="field">The column.</param>
    /// <param name="logits">[n].</param>
    /// <param name="labels">0 or 1, [n].</param>
    /// <param name="groups">A number of the group a row, or −1 for a row without, [n].</param>
    /// <param name="weights">How much each row counts, [n]; none where all count alike.</param>
    /// <exception cref="ArgumentException">Lengths differ, or a label is neither 0 nor 1.</exception>
    public static GroupAuc Of(string field, ReadOnlySpan<float> logits, ReadOnlySpan<float> labels, ReadOnlySpan<int> groups,
        ReadOnlySpan<float> weights = default)
    {
        var found = GroupedAuc.Of(logits, labels, groups, weights, withInterval: true);
        return new GroupAuc(
            field, found.Auc, found.Groups, found.Rows, found.OneClassGroups, found.OneClassRows,
            logits.Length - found.Rows - found.OneClassRows)
        {
            Low = found.Interval?.Low,
            High = found.Interval?.High,
        };
    }
}
