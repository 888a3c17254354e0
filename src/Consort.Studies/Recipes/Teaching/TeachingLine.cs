using Consort.Experiments.Statistics;
using Consort.Foundation.Tables;
using Consort.Studies.Recipes.Measures;
using static Consort.Foundation.Tables.ResultColumn;

namespace Consort.Studies.Recipes.Teaching;

/// <summary>A way of teaching: its quality, and how much of averaging it keeps.</summary>
/// <param name="Row">What came of it, over replicates.</param>
/// <param name="One">One model by itself.</param>
/// <param name="Average">The family averaged, or null where it is not asked for.</param>
/// <param name="Many">More of them averaged, likewise.</param>
internal sealed record TeachingLine(FamilyRow Row, FamilyRow One, FamilyRow? Average, FamilyRow? Many)
{
    /// <summary>What stands in the table.</summary>
    public static IReadOnlyList<ResultColumn<TeachingLine>> Columns { get; } =
    [
        new("way of learning", l => l.Row.Name, Key: "method"),
        new("replicates", l => l.Row.Seeds.Count, "N0", "replicates"),
        new(null, l => l.Auc.Values, Key: "test_auc"),
        new("test AUC", l => l.Auc.Mean, "F5", "test_auc_mean"),
        new("sd", l => l.Auc.Deviation, "F5", "test_auc_sd"),
        new("above one", l => l.IsOne ? null : l.Auc.Mean - l.One.Over(m => m.Auc).Mean, Cells.Signed, "auc_difference"),
        new("95 % over seeds", l => l.IsOne ? null : Cells.Interval(l.Row.BySeeds(l.One, m => m.Auc), Cells.Signed), Right),
        new("kept %", l => 100 * l.Kept(l.Average)?.Value, "F0", "kept_percent"),
        new("95 %", l => Cells.Interval(l.Kept(l.Average), "F0"), Right),
        new(null, l => 100 * l.Kept(l.Average)?.Low, Key: "kept_low"),
        new(null, l => 100 * l.Kept(l.Average)?.High, Key: "kept_high"),
        new("kept of more %", l => 100 * l.Kept(l.Many)?.Value, "F0", "kept_of_many_percent"),
        new("95 %", l => Cells.Interval(l.Kept(l.Many), "F0"), Right),
        new(null, l => 100 * l.Kept(l.Many)?.Low, Key: "kept_of_many_low"),
        new(null, l => 100 * l.Kept(l.Many)?.High, Key: "kept_of_many_high"),
        new("log-loss", l => l.Row.Over(m => m.LogLoss).Mean, "F5", "test_logloss_mean"),
        new("predicted / observed", l => l.Row.Over(m => m.Calibration).Mean, "F3", "calibration"),
        new("expected AUC", l => l.Row.Over(m => m.Expected?.Auc ?? double.NaN).Mean, "F5", "expected_auc_mean"),
        new("expected log-loss", l => l.Row.Over(m => m.Expected?.LogLoss ?? double.NaN).Mean, "F5", "expected_logloss_mean"),
        new("parameters to score", l => l.Row.Over(m => m.Parameters).Mean, "N0", "parameters") { IsWide = true },
        new("s to train", l => l.Row.Over(m => m.Seconds).Mean, "N0", "seconds") { IsWide = true },
    ];

    private bool IsOne => ReferenceEquals(Row, One);

    private Replicates Auc => Row.Over(m => m.Auc);

    // (x − one) / (average − one), over the replicates that all three have
    private Share? Kept(FamilyRow? average)
    {
        if (average is null || IsOne)
            return null;
        var seeds = Row.Seeds.Keys.Intersect(average.Seeds.Keys).Intersect(One.Seeds.Keys).Order().ToArray();
        double[] Above(FamilyRow row) => [.. seeds.Select(s => row.Seeds[s].Auc - One.Seeds[s].Auc)];
        return Share.Over(Above(Row), Above(average));
    }
}
