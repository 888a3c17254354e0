using Consort.Foundation.Tables;
using Consort.Studies.Recipes.Measures;
using static Consort.Foundation.Tables.ResultColumn;

namespace Consort.Studies.Recipes.Bridging;

/// <summary>A row of the table of bridges.</summary>
/// <param name="Row">Who was trained, over replicates.</param>
/// <param name="One">One model by itself.</param>
/// <param name="Comparisons">Row by row.</param>
internal sealed record BridgeLine(FamilyRow Row, FamilyRow One, RowComparisons Comparisons)
{
    /// <summary>What stands in the table.</summary>
    public static IReadOnlyList<ResultColumn<BridgeLine>> Columns { get; } =
    [
        new("who", l => l.Row.Name, Key: "who"),
        new("replicates", l => l.Row.Seeds.Count, "N0", "replicates"),
        new(null, l => l.Row.Over(m => m.Auc).Values, Key: "test_auc"),
        new("test AUC", l => l.Row.Over(m => m.Auc).Mean, "F5", "test_auc_mean"),
        new("sd", l => l.Row.Over(m => m.Auc).Deviation, "F5", "test_auc_sd"),
        new("AUC difference", l => l.IsOne ? null : l.Row.Over(m => m.Auc).Mean - l.One.Over(m => m.Auc).Mean, Cells.Signed,
            "auc_difference"),
        new("p by seeds", l => Cells.P(l.IsOne ? null : l.Row.BySeeds(l.One, m => m.Auc)), Right),
        new("p by rows", l => Cells.P(l.IsOne ? null : l.Row.ByRows(l.One, l.Comparisons, c => c.Auc)), Right),
        new("log-loss", l => l.Row.Over(m => m.LogLoss).Mean, "F5", "test_logloss_mean"),
        new("parameters", l => l.Row.Over(m => m.Parameters).Mean, "N0", "parameters") { IsWide = true },
        new("s a run", l => l.Row.Over(m => m.Seconds).Mean, "N0", "seconds") { IsWide = true },
    ];

    private bool IsOne => ReferenceEquals(Row, One);
}
