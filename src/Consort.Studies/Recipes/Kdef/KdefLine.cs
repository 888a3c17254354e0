using Consort.Studies.Recipes.Measures;

namespace Consort.Studies.Recipes.Kdef;

/// <summary>A family's row in a table: its quality, how it differs from the baseline, and the three failures.</summary>
internal sealed record KdefLine(FamilySetting Family, FamilyRow Row, FamilyRow Baseline, (double Auc, double LogLoss)? Published, RowComparisons Comparisons)
{
    /// <summary>Heads of <see cref="Cells"/>.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        "family", "seeds", "test AUC", "sd", "95 %", "log-loss", "AUC difference", "p by seeds", "p by rows", "log-loss difference", "p by rows",
        "members' AUC", "least – greatest", "their sd", "discrepancy", "published AUC", "parameters", "s a run",
    ];

    /// <summary>Those of <see cref="Columns"/> that fit a terminal.</summary>
    public static IReadOnlyList<int> Narrow { get; } = [0, 1, 2, 3, 5, 6, 7, 8, 11, 14];

    /// <summary>The row for people.</summary>
    public IReadOnlyList<string> Cells
    {
        get
        {
            var auc = Row.Over(m => m.Auc);
            var isBaseline = ReferenceEquals(Row, Baseline);
            var seeds = isBaseline ? null : Row.BySeeds(Baseline, m => m.Auc);
            var rows = isBaseline ? null : Row.ByRows(Baseline, Comparisons, c => c.Auc);
            var losses = isBaseline ? null : Row.ByRows(Baseline, Comparisons, c => c.LogLoss);
            var isFamily = Family.Members > 1;
            return
            [
                Family.Name, Measures.Cells.Count(auc.Values.Count), Measures.Cells.Number(auc.Mean), Measures.Cells.Number(auc.Deviation), Measures.Cells.Interval(auc.Interval),
                Measures.Cells.Number(Row.Over(m => m.LogLoss).Mean), Measures.Cells.Signed((seeds ?? rows)?.Difference), Measures.Cells.P(seeds), Measures.Cells.P(rows),
                Measures.Cells.Signed(losses?.Difference), Measures.Cells.P(losses), Measures.Cells.Number(Row.Over(m => m.MeanMemberAuc).Mean),
                isFamily ? Measures.Cells.Range(Row.Seeds.Values.SelectMany(m => m.MemberAuc)) : "",
                isFamily ? Measures.Cells.Number(Row.Over(m => m.MemberSpread).Mean) : "",
                isFamily ? Measures.Cells.Number(Row.Over(m => m.MeanDiscrepancy).Mean) : "",
                Measures.Cells.Number(Published?.Auc), Measures.Cells.Count(Row.Seeds.Values.First().Parameters), Measures.Cells.Number(Row.Over(m => m.Seconds).Mean, 0),
            ];
        }
    }

    /// <summary>The row for machines.</summary>
    public IReadOnlyDictionary<string, object?> Json
    {
        get
        {
            var auc = Row.Over(m => m.Auc);
            var isBaseline = ReferenceEquals(Row, Baseline);
            var seeds = isBaseline ? null : Row.BySeeds(Baseline, m => m.Auc);
            var rows = isBaseline ? null : Row.ByRows(Baseline, Comparisons, c => c.Auc);
            var losses = isBaseline ? null : Row.ByRows(Baseline, Comparisons, c => c.LogLoss);
            return new Dictionary<string, object?>
            {
                ["family"] = Family.Name,
                ["method"] = Family.Method,
                ["members"] = Family.Members,
                ["seeds"] = auc.Values.Count,
                ["baseline"] = Baseline.Name,
                ["test_auc"] = auc.Values,
                ["test_auc_mean"] = auc.Mean,
                ["test_auc_sd"] = auc.Deviation,
                ["test_auc_low"] = auc.Interval?.Low,
                ["test_auc_high"] = auc.Interval?.High,
                ["test_logloss_mean"] = Row.Over(m => m.LogLoss).Mean,
                ["auc_difference"] = (seeds ?? rows)?.Difference,
                ["auc_p_seeds"] = seeds?.PValue,
                ["auc_p_rows"] = rows?.PValue,
                ["logloss_difference"] = losses?.Difference,
                ["logloss_p_rows"] = losses?.PValue,
                ["member_auc_mean"] = Row.Over(m => m.MeanMemberAuc).Mean,
                ["member_auc_min"] = Row.Seeds.Values.SelectMany(m => m.MemberAuc).Min(),
                ["member_auc_max"] = Row.Seeds.Values.SelectMany(m => m.MemberAuc).Max(),
                ["member_auc_sd"] = Row.Over(m => m.MemberSpread).Mean,
                ["member_discrepancy"] = Row.Over(m => m.MeanDiscrepancy).Mean,
                ["published_auc"] = Published?.Auc,
                ["published_logloss"] = Published?.LogLoss,
                ["parameters"] = Row.Seeds.Values.First().Parameters,
                ["seconds"] = Row.Over(m => m.Seconds).Mean,
            };
        }
    }
}
