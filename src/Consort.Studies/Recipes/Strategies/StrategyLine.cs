using Consort.Experiments.Statistics;
using Consort.Studies.Recipes.Measures;

namespace Consort.Studies.Recipes.Strategies;

/// <summary>A strategy's row: its quality, and how far it goes from one model to the best reachable.</summary>
/// <param name="Row">The strategy over replicates.</param>
/// <param name="One">One model by itself.</param>
/// <param name="Ceiling">AUC and log-loss of the true click probabilities, or null.</param>
/// <param name="Comparisons">Row by row.</param>
internal sealed record StrategyLine(FamilyRow Row, FamilyRow One, (double Auc, double LogLoss)? Ceiling, RowComparisons Comparisons)
{
    /// <summary>Heads of <see cref="Cells"/>.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        "strategy", "replicates", "test AUC", "sd", "AUC difference", "p by seeds", "p by rows", "gap closed %", "95 %", "log-loss", "gap closed % (log-loss)",
        "members' AUC", "members' gap closed %", "parameters", "s a run",
    ];

    /// <summary>Those of <see cref="Columns"/> that fit a terminal.</summary>
    public static IReadOnlyList<int> Narrow { get; } = [0, 1, 2, 3, 4, 5, 7, 9, 10, 11];

    /// <summary>The row for people.</summary>
    public IReadOnlyList<string> Cells
    {
        get
        {
            var auc = Row.Over(m => m.Auc);
            var seeds = IsOne ? null : Row.BySeeds(One, m => m.Auc);
            return
            [
                Row.Name, Measures.Cells.Count(auc.Values.Count), Measures.Cells.Number(auc.Mean), Measures.Cells.Number(auc.Deviation),
                IsOne ? "" : Measures.Cells.Signed(auc.Mean - One.Over(m => m.Auc).Mean), Measures.Cells.P(seeds), Measures.Cells.P(IsOne ? null : Row.ByRows(One, Comparisons, c => c.Auc)),
                Measures.Cells.Signed(AucClosed?.Mean, 1), Measures.Cells.SignedInterval(AucClosed?.Interval, 1),
                Measures.Cells.Number(Row.Over(m => m.LogLoss).Mean), Measures.Cells.Signed(LogLossClosed?.Mean, 1),
                Measures.Cells.Number(Row.Over(m => m.MeanMemberAuc).Mean), Measures.Cells.Signed(MembersClosed?.Mean, 1),
                Measures.Cells.Count(Row.Over(m => m.Parameters).Mean), Measures.Cells.Count(Row.Over(m => m.Seconds).Mean),
            ];
        }
    }

    /// <summary>The row for machines.</summary>
    public IReadOnlyDictionary<string, object?> Json => new Dictionary<string, object?>
    {
        ["strategy"] = Row.Name,
        ["replicates"] = Row.Seeds.Count,
        ["test_auc"] = Row.Over(m => m.Auc).Values,
        ["test_auc_mean"] = Row.Over(m => m.Auc).Mean,
        ["test_auc_sd"] = Row.Over(m => m.Auc).Deviation,
        ["auc_p_seeds"] = IsOne ? null : Row.BySeeds(One, m => m.Auc)?.PValue,
        ["auc_p_rows"] = IsOne ? null : Row.ByRows(One, Comparisons, c => c.Auc)?.PValue,
        ["test_logloss_mean"] = Row.Over(m => m.LogLoss).Mean,
        ["ceiling_auc"] = Ceiling?.Auc,
        ["ceiling_logloss"] = Ceiling?.LogLoss,
        ["gap_closed_percent"] = AucClosed?.Mean,
        ["gap_closed_low"] = AucClosed?.Interval?.Low,
        ["gap_closed_high"] = AucClosed?.Interval?.High,
        ["logloss_gap_closed_percent"] = LogLossClosed?.Mean,
        ["member_auc_mean"] = Row.Over(m => m.MeanMemberAuc).Mean,
        ["members_gap_closed_percent"] = MembersClosed?.Mean,
        ["parameters"] = Row.Over(m => m.Parameters).Mean,
        ["seconds"] = Row.Over(m => m.Seconds).Mean,
    };

    private bool IsOne => ReferenceEquals(Row, One);

    private Replicates? AucClosed => Closed(m => m.Auc, m => m.Auc, Ceiling?.Auc);

    private Replicates? LogLossClosed => Closed(m => m.LogLoss, m => m.LogLoss, Ceiling?.LogLoss);

    private Replicates? MembersClosed => Closed(m => m.MeanMemberAuc, m => m.Auc, Ceiling?.Auc);

    // 100 (x − one) / (ceiling − one), replicate by replicate
    private Replicates? Closed(Func<Measured, double> number, Func<Measured, double> ofOne, double? ceiling) => ceiling is not { } best || IsOne ? null : new Replicates(
        [.. Row.Seeds.Keys.Intersect(One.Seeds.Keys).Order().Select(s => 100 * (number(Row.Seeds[s]) - ofOne(One.Seeds[s])) / (best - ofOne(One.Seeds[s])))]);
}
