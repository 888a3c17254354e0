using Consort.Experiments.Statistics;
using Consort.Foundation.Tables;
using Consort.Studies.Recipes.Measures;
using MathNet.Numerics.Distributions;
using static Consort.Foundation.Tables.ResultColumn;

namespace Consort.Studies.Recipes.Sequences;

/// <summary>What another toolkit reaches on the same rows.</summary>
/// <param name="Auc">On the test rows.</param>
/// <param name="GroupAuc">Within users.</param>
/// <param name="LogLoss">On the test rows.</param>
internal sealed record PeerResult(double Auc, double GroupAuc, double LogLoss);

/// <summary>A model on rows with histories, beside what another toolkit reaches on them and beside no histories.</summary>
/// <param name="Row">What came of it, over seeds.</param>
/// <param name="Groups">AUC within users, one a seed.</param>
/// <param name="Without">The model that reads no history, or null where it has not finished.</param>
/// <param name="Peer">The other toolkit's, or null where nobody has measured it.</param>
/// <param name="Comparisons">Row by row, rows of a user not taken as independent.</param>
/// <param name="Pace">Training rows a second.</param>
internal sealed record SequenceLine(
    FamilyRow Row, Replicates Groups, FamilyRow? Without, PeerResult? Peer, RowComparisons Comparisons, double Pace)
{
    /// <summary>The ends of the interval of group AUC for other users: the same users in all seeds, so the mean of the ends.</summary>
    public (double Low, double High) OverUsers { get; init; } = (double.NaN, double.NaN);

    /// <summary>What stands in the table.</summary>
    public static IReadOnlyList<ResultColumn<SequenceLine>> Columns { get; } =
    [
        new("model", l => l.Row.Name, Key: "model"),
        new("seeds", l => l.Row.Seeds.Count, "N0", "seeds"),
        new(null, l => l.Auc.Values, Key: "test_auc"),
        new("test AUC", l => l.Auc.Mean, "F5", "test_auc_mean"),
        new("sd", l => l.Auc.Deviation, "F5", "test_auc_sd"),
        new("FuxiCTR", l => l.Peer?.Auc, "F5", "published_auc"),
        new("difference", l => l.Auc.Mean - l.Peer?.Auc, Cells.Signed, "auc_above_published"),
        new("verdict", l => l.Verdict, Right, "verdict"),
        new("group AUC", l => l.Groups.Mean, "F5", "test_group_auc_mean"),
        new("sd", l => l.Groups.Deviation, "F5", "test_group_auc_sd"),
        new("95 % over users", l => double.IsNaN(l.OverUsers.Low) ? null
            : $"{l.OverUsers.Low.ToString("F5", Cells.Culture)} … {l.OverUsers.High.ToString("F5", Cells.Culture)}", Right),
        new(null, l => l.OverUsers.Low, Key: "test_group_auc_low"),
        new(null, l => l.OverUsers.High, Key: "test_group_auc_high"),
        new("FuxiCTR", l => l.Peer?.GroupAuc, "F5", "published_group_auc"),
        new("log-loss", l => l.LogLoss.Mean, "F5", "test_logloss_mean"),
        new("sd", l => l.LogLoss.Deviation, "F5", "test_logloss_sd"),
        new("FuxiCTR", l => l.Peer?.LogLoss, "F5", "published_logloss"),
        new("histories add", l => l.Added is null ? null : l.Auc.Mean - l.Without!.Over(m => m.Auc).Mean, Cells.Signed, "histories_add"),
        new("95 % of all", l => Cells.Interval(l.Added, Cells.Signed), Right),
        new(null, l => l.Added?.Low, Key: "histories_add_low"),
        new(null, l => l.Added?.High, Key: "histories_add_high"),
        new("parameters", l => l.Row.Over(m => m.Parameters).Mean, "N0", "parameters") { IsWide = true },
        new("rows/s", l => l.Pace, "N0", "rows_per_second") { IsWide = true },
    ];

    private Replicates Auc => Row.Over(m => m.Auc);

    private Replicates LogLoss => Row.Over(m => m.LogLoss);

    private Comparison? Added => Without is null || ReferenceEquals(Row, Without) ? null : Row.Joint(Without, Comparisons);

    // The other's is one run: it is held against where one more run of ours would fall, mean ± t · sd · √(1 + 1/n).
    internal string? Verdict
    {
        get
        {
            var n = Auc.Values.Count;
            if (n < 2 || Peer is null)
                return null;
            var above = Auc.Mean - Peer.Auc;
            var reach = StudentT.InvCDF(0, 1, n - 1, 0.975) * Auc.Deviation * Math.Sqrt(1 + (1.0 / n));
            return above > reach ? "better" : above >= -reach ? "within noise" : "below";
        }
    }
}
