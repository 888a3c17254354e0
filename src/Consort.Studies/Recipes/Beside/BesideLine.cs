using Consort.Experiments.Statistics;
using Consort.Foundation.Tables;
using Consort.Studies.Recipes.Measures;
using static Consort.Foundation.Tables.ResultColumn;

namespace Consort.Studies.Recipes.Beside;

/// <summary>A way of learning beside baselines.</summary>
/// <param name="Row">What came of it, over replicates.</param>
/// <param name="Baselines">What it is set beside.</param>
/// <param name="Comparisons">Row by row.</param>
internal sealed record BesideLine(FamilyRow Row, IReadOnlyList<FamilyRow> Baselines, RowComparisons Comparisons)
{
    /// <summary>What stands in the table.</summary>
    /// <param name="baselines">A pair of columns each.</param>
    public static IReadOnlyList<ResultColumn<BesideLine>> Columns(IReadOnlyList<FamilyRow> baselines) =>
    [
        new("way", l => l.Row.Name, Key: "way"),
        new("replicates", l => l.Row.Seeds.Count, "N0", "replicates"),
        new(null, l => l.Auc.Values, Key: "test_auc"),
        new("test AUC", l => l.Auc.Mean, "F5", "test_auc_mean"),
        new("sd", l => l.Auc.Deviation, "F5", "test_auc_sd"),
        new("log-loss", l => l.Row.Over(m => m.LogLoss).Mean, "F5", "test_logloss_mean"),
        new("predicted / observed", l => l.Row.Over(m => m.Calibration).Mean, "F3", "calibration"),
        .. baselines.Index().SelectMany(b => Above(b.Item, b.Index == 0 ? "baseline" : "tuned")),
        new("s to train", l => l.Row.Over(m => m.Seconds).Mean, "N0", "seconds") { IsWide = true },
    ];

    private Replicates Auc => Row.Over(m => m.Auc);

    private static IEnumerable<ResultColumn<BesideLine>> Above(FamilyRow baseline, string key) =>
    [
        new($"above {baseline.Name}", l => l.To(baseline)?.Difference, Cells.Signed, $"above_{key}"),
        new("95 % of both", l => Cells.Interval(l.To(baseline), Cells.Signed), Right),
        new(null, l => l.To(baseline)?.Low, Key: $"above_{key}_low"),
        new(null, l => l.To(baseline)?.High, Key: $"above_{key}_high"),
    ];

    // For new seeds and new rows; of one seed for new rows.
    private Comparison? To(FamilyRow baseline) => ReferenceEquals(Row, baseline) ? null
        : Row.Joint(baseline, Comparisons) ?? Row.ByRows(baseline, Comparisons, c => c.Auc);
}
