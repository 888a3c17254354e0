using Consort.Experiments.Statistics;
using Consort.Foundation.Tables;
using Consort.Learning.Evaluation;
using Consort.Studies.Recipes.Measures;
using static Consort.Foundation.Tables.ResultColumn;

namespace Consort.Studies.Recipes.Mutual;

/// <summary>A row of a table of mutual learning.</summary>
internal sealed record MutualLine(MutualRow Row, FamilyRow Family, FamilyRow? Baseline, RowComparisons Comparisons)
{
    /// <summary>By Benjamini and Hochberg over the rows of the table, or null.</summary>
    public double? Q { get; init; }

    /// <summary>What stands in the table.</summary>
    public static IReadOnlyList<ResultColumn<MutualLine>> Columns { get; } =
    [
        new("members", l => l.Row.Name, Key: "members"),
        new(null, l => l.Row.Mode, Key: "mode"),
        new("replicates", l => l.Auc.Values.Count, "N0", "replicates"),
        new(null, l => l.Row.Baseline, Key: "baseline"),
        new(null, l => l.Auc.Values, Key: "member_auc"),
        new("AUC", l => l.Auc.Mean, "F5", "member_auc_mean"),
        new("sd", l => l.Auc.Deviation, "F5", "member_auc_sd"),
        new("95 %", l => Cells.Interval(l.Auc.Interval), Right) { IsWide = true },
        new(null, l => l.Auc.Interval?.Low, Key: "member_auc_low"),
        new(null, l => l.Auc.Interval?.High, Key: "member_auc_high"),
        new("difference", l => l.Difference?.Difference, Cells.Signed, "member_auc_difference"),
        new("p", l => Cells.P(l.Difference), Right),
        new("q", l => Cells.P(l.Q), Right),
        new(null, l => l.Difference?.PValue, Key: "member_auc_p"),
        new(null, l => l.Q, Key: "member_auc_q"),
        new("RelaImp %", l => l.RelaImp, "+0.00;−0.00;0.00", "relaimp_percent"),
        new("least – greatest", l => Cells.Range(l.Family.Seeds.Values.SelectMany(m => m.MemberAuc)), Right) { IsWide = true },
        new("sd of members", l => l.Family.Over(m => m.MemberSpread).Mean, "F5", "member_spread"),
        new("ensemble AUC", l => l.Family.Over(m => m.Auc).Mean, "F5", "ensemble_auc_mean"),
        new("difference", l => l.Rows?.Difference, Cells.Signed, "ensemble_auc_difference") { IsWide = true },
        new("p by rows", l => Cells.P(l.Rows), Right),
        new(null, l => l.Rows?.PValue, Key: "ensemble_auc_p_rows"),
        new("ensemble log-loss", l => l.Family.Over(m => m.LogLoss).Mean, "F5", "ensemble_logloss_mean") { IsWide = true },
        new(null, l => l.Losses?.Difference, Key: "ensemble_logloss_difference"),
        new(null, l => l.Losses?.PValue, Key: "ensemble_logloss_p_rows"),
        new("discrepancy", l => l.Family.Over(m => m.MeanDiscrepancy).Mean, "F5", "member_discrepancy") { IsWide = true },
        new("published AUC", l => l.Row.Published, "F5", "published_auc"),
    ];

    private Replicates Auc => Family.Over(m => m.MeanMemberAuc);

    /// <summary>The members' own AUC minus the baseline's, over replicates.</summary>
    public Comparison? Difference => Baseline is null ? null : Family.BySeeds(Baseline, m => m.MeanMemberAuc);

    private Comparison? Rows => Baseline is null ? null : Family.ByRows(Baseline, Comparisons, c => c.Auc);

    private Comparison? Losses => Baseline is null ? null : Family.ByRows(Baseline, Comparisons, c => c.LogLoss);

    private double? RelaImp => Difference is { Difference: var d } ? Metrics.RelaImp(Auc.Mean, Auc.Mean - d) : null;
}
