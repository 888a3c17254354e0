using Consort.Experiments.Statistics;
using Consort.Foundation.Tables;
using Consort.Studies.Recipes.Measures;
using static Consort.Foundation.Tables.ResultColumn;

namespace Consort.Studies.Recipes.Strategies;

/// <summary>A strategy's row: its quality, and how far it goes from one model to the best reachable.</summary>
/// <param name="Row">The strategy over replicates.</param>
/// <param name="One">One model by itself.</param>
/// <param name="Averaged">The independent members, averaged; or null.</param>
/// <param name="Ceiling">AUC and log-loss of the true click probabilities, or null.</param>
/// <param name="Comparisons">Row by row.</param>
internal sealed record StrategyLine(FamilyRow Row, FamilyRow One, FamilyRow? Averaged, (double Auc, double LogLoss)? Ceiling,
    RowComparisons Comparisons)
{
    private const string Percent = "+0.0;−0.0;0.0";

    /// <summary>By Benjamini and Hochberg over the rows of the table, or null.</summary>
    public double? Q { get; init; }

    /// <summary>AUC minus that of one model with the error of new seeds and new rows.</summary>
    public Comparison? Joint => IsOne ? null : Row.Joint(One, Comparisons);

    /// <summary>What stands in the table.</summary>
    public static IReadOnlyList<ResultColumn<StrategyLine>> Columns { get; } =
    [
        new("strategy", l => l.Row.Name, Key: "strategy"),
        new("replicates", l => l.Row.Seeds.Count, "N0", "replicates"),
        new(null, l => l.Auc.Values, Key: "test_auc"),
        new("test AUC", l => l.Auc.Mean, "F5", "test_auc_mean"),
        new("sd", l => l.Auc.Deviation, "F5", "test_auc_sd"),
        new("AUC difference", l => l.IsOne ? null : l.Auc.Mean - l.One.Over(m => m.Auc).Mean, Cells.Signed),
        new("p by seeds", l => Cells.P(l.Seeds), Right),
        new("p by rows", l => Cells.P(l.Rows), Right) { IsWide = true },
        new("95 % of both", l => Cells.Interval(l.Joint, Cells.Signed), Right) { IsWide = true },
        new("q", l => Cells.P(l.Q), Right),
        new("share %", l => 100 * l.Share?.Value, Percent, "share_percent"),
        new("95 %", l => Cells.Interval(l.Share, Percent), Right),
        new(null, l => 100 * l.Share?.Low, Key: "share_low"),
        new(null, l => 100 * l.Share?.High, Key: "share_high"),
        new(null, l => l.Joint?.Low, Key: "auc_difference_low"),
        new(null, l => l.Joint?.High, Key: "auc_difference_high"),
        new(null, l => l.Joint?.PValue, Key: "auc_p_joint"),
        new(null, l => l.Q, Key: "auc_q"),
        new(null, l => l.Seeds?.PValue, Key: "auc_p_seeds"),
        new(null, l => l.Rows?.PValue, Key: "auc_p_rows"),
        new(null, l => l.LogLoss, Key: "test_logloss_mean"),
        new(null, l => l.Ceiling?.Auc, Key: "ceiling_auc"),
        new(null, l => l.Ceiling?.LogLoss, Key: "ceiling_logloss"),
        new("gap closed %", l => l.AucClosed?.Mean, Percent, "gap_closed_percent"),
        new("95 %", l => Cells.Interval(l.AucClosed?.Interval, Percent), Right) { IsWide = true },
        new(null, l => l.AucClosed?.Interval?.Low, Key: "gap_closed_low"),
        new(null, l => l.AucClosed?.Interval?.High, Key: "gap_closed_high"),
        new("log-loss", l => l.LogLoss, "F5"),
        new("gap closed % (log-loss)", l => l.LogLossClosed?.Mean, Percent, "logloss_gap_closed_percent"),
        new("members' AUC", l => l.Row.Over(m => m.MeanMemberAuc).Mean, "F5", "member_auc_mean"),
        new("members' gap closed %", l => l.MembersClosed?.Mean, Percent, "members_gap_closed_percent") { IsWide = true },
        new("parameters", l => l.Row.Over(m => m.Parameters).Mean, "N0", "parameters") { IsWide = true },
        new("s a run", l => l.Row.Over(m => m.Seconds).Mean, "N0", "seconds") { IsWide = true },
    ];

    private bool IsOne => ReferenceEquals(Row, One);

    private Replicates Auc => Row.Over(m => m.Auc);

    private double LogLoss => Row.Over(m => m.LogLoss).Mean;

    private Comparison? Seeds => IsOne ? null : Row.BySeeds(One, m => m.Auc);

    private Comparison? Rows => IsOne ? null : Row.ByRows(One, Comparisons, c => c.Auc);

    private Share? Share
    {
        get
        {
            if (Averaged is null || IsOne)
                return null;
            int[] seeds = [.. Row.Seeds.Keys.Intersect(One.Seeds.Keys).Intersect(Averaged.Seeds.Keys).Order()];
            return Share.Over([.. seeds.Select(s => Gain(Row, s))], [.. seeds.Select(s => Gain(Averaged, s))]);
        }
    }

    private Replicates? AucClosed => Closed(m => m.Auc, m => m.Auc, Ceiling?.Auc);

    private Replicates? LogLossClosed => Closed(m => m.LogLoss, m => m.LogLoss, Ceiling?.LogLoss);

    private Replicates? MembersClosed => Closed(m => m.MeanMemberAuc, m => m.Auc, Ceiling?.Auc);

    // 100 (x − one) / (ceiling − one), replicate by replicate
    private Replicates? Closed(Func<Measured, double> number, Func<Measured, double> ofOne, double? ceiling) =>
        ceiling is not { } best || IsOne ? null : new Replicates(
        [.. Row.Seeds.Keys.Intersect(One.Seeds.Keys).Order()
            .Select(s => 100 * (number(Row.Seeds[s]) - ofOne(One.Seeds[s])) / (best - ofOne(One.Seeds[s])))]);

    private double Gain(FamilyRow row, int seed) => row.Seeds[seed].Auc - One.Seeds[seed].Auc;
}
