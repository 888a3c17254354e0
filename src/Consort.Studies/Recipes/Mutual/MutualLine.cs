using Consort.Learning.Evaluation;
using Consort.Studies.Recipes.Measures;

namespace Consort.Studies.Recipes.Mutual;

/// <summary>A row of a table of mutual learning.</summary>
internal sealed record MutualLine(MutualRow Row, FamilyRow Family, FamilyRow? Baseline, RowComparisons Comparisons)
{
    /// <summary>Heads of <see cref="Cells"/>.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        "members", "replicates", "AUC", "sd", "95 %", "difference", "p", "RelaImp %", "least – greatest", "sd of members", "ensemble AUC", "difference", "p by rows",
        "ensemble log-loss", "discrepancy", "published AUC",
    ];

    /// <summary>Those of <see cref="Columns"/> that fit a terminal.</summary>
    public static IReadOnlyList<int> Narrow { get; } = [0, 1, 2, 3, 5, 6, 7, 9, 10, 12, 15];

    /// <summary>The row for people.</summary>
    public IReadOnlyList<string> Cells
    {
        get
        {
            var auc = Family.Over(m => m.MeanMemberAuc);
            var difference = Baseline is null ? null : Family.BySeeds(Baseline, m => m.MeanMemberAuc);
            var rows = Baseline is null ? null : Family.ByRows(Baseline, Comparisons, c => c.Auc);
            return
            [
                Row.Name, Measures.Cells.Count(auc.Values.Count), Measures.Cells.Number(auc.Mean), Measures.Cells.Number(auc.Deviation), Measures.Cells.Interval(auc.Interval),
                Measures.Cells.Signed(difference?.Difference), Measures.Cells.P(difference), Measures.Cells.Signed(RelaImp(difference?.Difference), 2),
                Measures.Cells.Range(Family.Seeds.Values.SelectMany(m => m.MemberAuc)), Measures.Cells.Number(Family.Over(m => m.MemberSpread).Mean),
                Measures.Cells.Number(Family.Over(m => m.Auc).Mean), Measures.Cells.Signed(rows?.Difference), Measures.Cells.P(rows),
                Measures.Cells.Number(Family.Over(m => m.LogLoss).Mean), Measures.Cells.Number(Family.Over(m => m.MeanDiscrepancy).Mean), Measures.Cells.Number(Row.Published),
            ];
        }
    }

    /// <summary>The row for machines.</summary>
    public IReadOnlyDictionary<string, object?> Json
    {
        get
        {
            var auc = Family.Over(m => m.MeanMemberAuc);
            var difference = Baseline is null ? null : Family.BySeeds(Baseline, m => m.MeanMemberAuc);
            var rows = Baseline is null ? null : Family.ByRows(Baseline, Comparisons, c => c.Auc);
            var losses = Baseline is null ? null : Family.ByRows(Baseline, Comparisons, c => c.LogLoss);
            return new Dictionary<string, object?>
            {
                ["members"] = Row.Name,
                ["mode"] = Row.Mode,
                ["replicates"] = auc.Values.Count,
                ["baseline"] = Row.Baseline,
                ["member_auc"] = auc.Values,
                ["member_auc_mean"] = auc.Mean,
                ["member_auc_sd"] = auc.Deviation,
                ["member_auc_low"] = auc.Interval?.Low,
                ["member_auc_high"] = auc.Interval?.High,
                ["member_auc_difference"] = difference?.Difference,
                ["member_auc_p"] = difference?.PValue,
                ["relaimp_percent"] = RelaImp(difference?.Difference),
                ["member_spread"] = Family.Over(m => m.MemberSpread).Mean,
                ["ensemble_auc_mean"] = Family.Over(m => m.Auc).Mean,
                ["ensemble_auc_difference"] = rows?.Difference,
                ["ensemble_auc_p_rows"] = rows?.PValue,
                ["ensemble_logloss_mean"] = Family.Over(m => m.LogLoss).Mean,
                ["ensemble_logloss_difference"] = losses?.Difference,
                ["ensemble_logloss_p_rows"] = losses?.PValue,
                ["member_discrepancy"] = Family.Over(m => m.MeanDiscrepancy).Mean,
                ["published_auc"] = Row.Published,
            };
        }
    }

    private double? RelaImp(double? difference) => difference is { } d && Family.Over(m => m.MeanMemberAuc).Mean is var mean ? Metrics.RelaImp(mean, mean - d) : null;
}
