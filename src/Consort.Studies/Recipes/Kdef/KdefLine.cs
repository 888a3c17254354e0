using Consort.Experiments.Statistics;
using Consort.Foundation.Tables;
using Consort.Studies.Recipes.Measures;
using static Consort.Foundation.Tables.ResultColumn;

namespace Consort.Studies.Recipes.Kdef;

/// <summary>A family's row in a table: its quality, how it differs from the baseline, and the three failures.</summary>
internal sealed record KdefLine(FamilySetting Family, FamilyRow Row, FamilyRow Baseline, (double Auc, double LogLoss)? Published,
    RowComparisons Comparisons)
{
    /// <summary>By Benjamini and Hochberg over the rows of the table, or null.</summary>
    public double? Q { get; init; }

    /// <summary>AUC minus the baseline's with the error of new seeds and new rows.</summary>
    public Comparison? Joint => IsBaseline ? null : Row.Joint(Baseline, Comparisons);

    /// <summary>What stands in the table.</summary>
    public static IReadOnlyList<ResultColumn<KdefLine>> Columns { get; } =
    [
        new("family", l => l.Family.Name, Key: "family"),
        new(null, l => l.Family.Method, Key: "method"),
        new(null, l => l.Family.Members, Key: "members"),
        new("seeds", l => l.Auc.Values.Count, "N0", "seeds"),
        new(null, l => l.Baseline.Name, Key: "baseline"),
        new(null, l => l.Auc.Values, Key: "test_auc"),
        new("test AUC", l => l.Auc.Mean, "F5", "test_auc_mean"),
        new("sd", l => l.Auc.Deviation, "F5", "test_auc_sd"),
        new("95 %", l => Cells.Interval(l.Auc.Interval), Right) { IsWide = true },
        new(null, l => l.Auc.Interval?.Low, Key: "test_auc_low"),
        new(null, l => l.Auc.Interval?.High, Key: "test_auc_high"),
        new("log-loss", l => l.Row.Over(m => m.LogLoss).Mean, "F5", "test_logloss_mean"),
        new("AUC difference", l => (l.Seeds ?? l.Rows)?.Difference, Cells.Signed, "auc_difference"),
        new("p by seeds", l => Cells.P(l.Seeds), Right),
        new("p by rows", l => Cells.P(l.Rows), Right),
        new("95 % of both", l => Cells.Interval(l.Joint, Cells.Signed), Right) { IsWide = true },
        new("q", l => Cells.P(l.Q), Right),
        new(null, l => l.Joint?.Low, Key: "auc_difference_low"),
        new(null, l => l.Joint?.High, Key: "auc_difference_high"),
        new(null, l => l.Joint?.PValue, Key: "auc_p_joint"),
        new(null, l => l.Q, Key: "auc_q"),
        new(null, l => l.Seeds?.PValue, Key: "auc_p_seeds"),
        new(null, l => l.Rows?.PValue, Key: "auc_p_rows"),
        new("log-loss difference", l => l.Losses?.Difference, Cells.Signed, "logloss_difference") { IsWide = true },
        new("p by rows", l => Cells.P(l.Losses), Right) { IsWide = true },
        new(null, l => l.Losses?.PValue, Key: "logloss_p_rows"),
        new("members' AUC", l => l.Row.Over(m => m.MeanMemberAuc).Mean, "F5", "member_auc_mean"),
        new("least – greatest", l => l.Family.Members > 1 ? Cells.Range(l.MemberAuc) : null, Right) { IsWide = true },
        new(null, l => l.MemberAuc.Min(), Key: "member_auc_min"),
        new(null, l => l.MemberAuc.Max(), Key: "member_auc_max"),
        new("their sd", l => l.Row.Over(m => m.MemberSpread).Mean, "F5", "member_auc_sd") { IsWide = true },
        new("discrepancy", l => l.Family.Members > 1 ? l.Discrepancy : null, "F5"),
        new(null, l => l.Discrepancy, Key: "member_discrepancy"),
        new("published AUC", l => l.Published?.Auc, "F5", "published_auc") { IsWide = true },
        new(null, l => l.Published?.LogLoss, Key: "published_logloss"),
        new("parameters", l => l.Row.Seeds.Values.First().Parameters, "N0", "parameters") { IsWide = true },
        new("s a run", l => l.Row.Over(m => m.Seconds).Mean, "F0", "seconds") { IsWide = true },
    ];

    private Replicates Auc => Row.Over(m => m.Auc);

    private bool IsBaseline => ReferenceEquals(Row, Baseline);

    private Comparison? Seeds => IsBaseline ? null : Row.BySeeds(Baseline, m => m.Auc);

    private Comparison? Rows => IsBaseline ? null : Row.ByRows(Baseline, Comparisons, c => c.Auc);

    private Comparison? Losses => IsBaseline ? null : Row.ByRows(Baseline, Comparisons, c => c.LogLoss);

    private IEnumerable<double> MemberAuc => Row.Seeds.Values.SelectMany(m => m.MemberAuc);

    private double Discrepancy => Row.Over(m => m.MeanDiscrepancy).Mean;
}
