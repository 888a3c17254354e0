using System.Globalization;
using System.Text;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>The numbers of a report at full precision, as comma-separated values with heads.</summary>
internal static class CsvTables
{
    /// <summary>One row a run.</summary>
    public static string Runs(IReadOnlyList<RunRecord> runs, Func<RunRecord, string> label) => Table(
        [
            "run", "setting", "members", "models", "strategy", "seed", "data_key", "valid_auc", "valid_logloss", "valid_calibration", "test_auc", "test_logloss",
            "test_calibration", "test_rows", "test_clicks", "ceiling_auc", "ceiling_logloss", "member_auc_mean", "parameters", "rows_per_second", "seconds", "ece",
            "discrepancy_mean", "knowledge_abundance_mean", "effective_rank_mean",
        ],
        runs.Select(r => new object?[]
        {
            r.Name, label(r), r.Members, r.Models, r.Strategies, r.Seed, r.DataKey, r.Valid?.Auc, r.Valid?.LogLoss, r.Valid?.Calibration, r.Test?.Auc, r.Test?.LogLoss,
            r.Test?.Calibration, r.Test?.Rows, r.Test?.Clicks, r.Split?.CeilingAuc, r.Split?.CeilingLogLoss, r.IsFinished ? r.MemberAuc.Average() : null,
            r.IsFinished ? r.Parameters : null, r.IsFinished ? r.RowsPerSecond : null, r.IsFinished ? r.Seconds : null,
            r.Diagnosis?.Ensemble.Calibration.ExpectedError, r.Diagnosis?.Spread.DiscrepancyMean, r.Diagnosis?.Spread.KnowledgeAbundanceMean, r.Diagnosis?.Spread.EffectiveRankMean,
        }));

    /// <summary>One row a member of a finished run.</summary>
    public static string Members(IReadOnlyList<RunRecord> runs, Func<RunRecord, string> label) => Table(
        ["run", "setting", "seed", "member", "model", "auc", "knowledge_abundance", "effective_rank", "discrepancy_mean"],
        runs.SelectMany(r => r.MemberAuc.Select((auc, m) => new object?[]
        {
            r.Name, label(r), r.Seed, m, r.Experiment.Family.Members[m].Name, auc, r.Diagnosis?.Members[m].KnowledgeAbundance, r.Diagnosis?.Members[m].EffectiveRank,
            r.Diagnosis?.Members[m].Discrepancy.Mean,
        })));

    /// <summary>One row a number of an evaluation.</summary>
    public static string Evaluations(IReadOnlyList<RunRecord> runs, Func<RunRecord, string> label) => Table(
        ["run", "setting", "seed", "phase", "epoch", "step", "best", "name", "value"],
        runs.SelectMany(r => r.Evaluations.SelectMany(e => Values(e).Select(v => new object?[]
        {
            r.Name, label(r), r.Seed, e.Phase, e.Epoch, e.Steps, e.IsBest ? "yes" : "no", v.Key, v.Value,
        }))));

    private static IEnumerable<KeyValuePair<string, double>> Values(EvaluationRecord e) =>
    [
        .. e.Loss.Select(t => KeyValuePair.Create($"loss_{t.Key}", t.Value)), new("learning_rate", e.LearningRate), new("valid_auc", e.Valid.Auc), new("valid_logloss", e.Valid.LogLoss),
        new("valid_calibration", e.Valid.Calibration), new("valid_calibration_error", e.Valid.CalibrationError),
        .. e.MemberAuc.Select((auc, m) => KeyValuePair.Create(FormattableString.Invariant($"valid_auc_member_{m}"), auc)),
    ];

    private static string Table(IEnumerable<string> heads, IEnumerable<object?[]> rows)
    {
        var text = new StringBuilder();
        text.AppendJoin(',', heads).Append('\n');
        foreach (var row in rows)
            text.AppendJoin(',', row.Select(Cell)).Append('\n');
        return text.ToString();
    }

    private static string Cell(object? value)
    {
        var text = value switch
        {
            null => "",
            double number when !double.IsFinite(number) => "",
            double number => number.ToString("R", CultureInfo.InvariantCulture),
            IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString()!,
        };
        return text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
