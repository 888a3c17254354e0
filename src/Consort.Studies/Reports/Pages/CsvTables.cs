using Consort.Foundation.Tables;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>The numbers of a report at full precision, as comma-separated values with heads.</summary>
internal static class CsvTables
{
    /// <summary>One row a run.</summary>
    public static string Runs(IReadOnlyList<RunRecord> runs, Func<RunRecord, string> label) => CsvTable.Of(ResultTable.Of(
        runs,
        new("run", r => r.Name),
        new("setting", label),
        new("members", r => r.Members),
        new("models", r => r.Models),
        new("strategy", r => r.Strategies),
        new("seed", r => r.Seed),
        new("data_key", r => r.DataKey),
        new("valid_auc", r => r.Valid?.Auc),
        new("valid_logloss", r => r.Valid?.LogLoss),
        new("valid_calibration", r => r.Valid?.Calibration),
        new("test_auc", r => r.Test?.Auc),
        new("test_logloss", r => r.Test?.LogLoss),
        new("test_calibration", r => r.Test?.Calibration),
        new("test_rows", r => r.Test?.Rows),
        new("test_clicks", r => r.Test?.Clicks),
        new("ceiling_auc", r => r.Split?.CeilingAuc),
        new("ceiling_logloss", r => r.Split?.CeilingLogLoss),
        new("member_auc_mean", r => r.IsFinished ? r.MemberAuc.Average() : null),
        new("parameters", r => r.IsFinished ? r.Parameters : null),
        new("rows_per_second", r => r.IsFinished ? r.RowsPerSecond : null),
        new("seconds", r => r.IsFinished ? r.Seconds : null),
        new("ece", r => r.Diagnosis?.Ensemble.Calibration.ExpectedError),
        new("discrepancy_mean", r => r.Diagnosis?.Spread.DiscrepancyMean),
        new("knowledge_abundance_mean", r => r.Diagnosis?.Spread.KnowledgeAbundanceMean),
        new("effective_rank_mean", r => r.Diagnosis?.Spread.EffectiveRankMean)));

    /// <summary>One row a member of a finished run.</summary>
    public static string Members(IReadOnlyList<RunRecord> runs, Func<RunRecord, string> label) => CsvTable.Of(ResultTable.Of(
        runs.SelectMany(r => r.MemberAuc.Select((auc, m) => (Run: r, Number: m, Auc: auc, Found: r.Diagnosis?.Members[m]))),
        new("run", m => m.Run.Name),
        new("setting", m => label(m.Run)),
        new("seed", m => m.Run.Seed),
        new("member", m => m.Number),
        new("model", m => m.Run.Experiment.Family.Members[m.Number].Name),
        new("auc", m => m.Auc),
        new("knowledge_abundance", m => m.Found?.KnowledgeAbundance),
        new("effective_rank", m => m.Found?.EffectiveRank),
        new("discrepancy_mean", m => m.Found?.Discrepancy.Mean)));

    /// <summary>One row a number of an evaluation.</summary>
    public static string Evaluations(IReadOnlyList<RunRecord> runs, Func<RunRecord, string> label) => CsvTable.Of(ResultTable.Of(
        runs.SelectMany(r => r.Evaluations.SelectMany(e => Values(e).Select(v => (Run: r, At: e, v.Key, v.Value)))),
        new("run", v => v.Run.Name),
        new("setting", v => label(v.Run)),
        new("seed", v => v.Run.Seed),
        new("phase", v => v.At.Phase),
        new("epoch", v => v.At.Epoch),
        new("step", v => v.At.Steps),
        new("best", v => v.At.IsBest ? "yes" : "no"),
        new("name", v => v.Key),
        new("value", v => v.Value)));

    private static IEnumerable<KeyValuePair<string, double>> Values(EvaluationRecord e) =>
        [
            .. e.Loss.Select(t => KeyValuePair.Create($"loss_{t.Key}", t.Value)), new("learning_rate", e.LearningRate),
            new("valid_auc", e.Valid.Auc), new("valid_logloss", e.Valid.LogLoss),
            new("valid_calibration", e.Valid.Calibration), new("valid_calibration_error", e.Valid.CalibrationError),
            .. e.MemberAuc.Select((auc, m) => KeyValuePair.Create(FormattableString.Invariant($"valid_auc_member_{m}"), auc)),
        ];
}
