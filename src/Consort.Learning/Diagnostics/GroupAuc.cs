namespace Consort.Learning.Diagnostics;

/// <summary>
/// AUC within groups, weighted by impressions: gAUC = Σ_g n_g · AUC_g / Σ_g n_g over the groups that have clicks and others.
/// Source: Zhu et al. 2017 (Optimized Cost per Click in Taobao), Zhou et al. 2018 (DIN), eq. 7, weighted by impressions.
/// </summary>
/// <param name="Field">The column whose values are the groups.</param>
/// <param name="Auc">gAUC, 0 to 1; NaN where no group has both classes.</param>
/// <param name="Groups">Groups with both classes: those that count.</param>
/// <param name="Rows">Rows of these.</param>
/// <param name="OneClassGroups">Groups left out because all their labels are alike.</param>
/// <param name="OneClassRows">Rows of these.</param>
/// <param name="UngroupedRows">Rows left out because the value is missing or was not in the training rows.</param>
public sealed record GroupAuc(
    string Field, double Auc, int Groups, long Rows, int OneClassGroups, long OneClassRows, long UngroupedRows);
