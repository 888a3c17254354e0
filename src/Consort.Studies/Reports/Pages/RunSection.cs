using System.Globalization;
using Consort.Foundation.Tables;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>What was run: experiments, runs, machine.</summary>
internal static class RunSection
{
    private static readonly string[] EnvironmentKeys =
        ["consort", "runtime", "os", "architecture", "vectors", "processors", "threads", "precision", "matmul"];

    /// <summary>The section.</summary>
    public static Section Of(IReadOnlyList<RunRecord> runs, Func<RunRecord, string> label, string id, string title) => new(id, title,
    [
        new Fold("Settings", [new TableBlock(Settings(runs, label))]),
        new Fold($"All {Numbers.Count(runs.Count, "run")}", [new TableBlock(Runs(runs, label))]),
        new Fold("Machine and program", [new TableBlock(Machine(runs))]),
    ]);

    private static ResultTable Settings(IReadOnlyList<RunRecord> runs, Func<RunRecord, string> label) => Numbers.Table(
        runs.GroupBy(label).Select(g =>
            (g.Key, Run: g.FirstOrDefault(r => r.IsFinished) ?? g.First(), All: g.Where(r => r.IsFinished).ToList())),
        new("setting", s => s.Key),
        new("members", s => s.Run.Models),
        new("strategy", s => s.Run.Strategies),
        new("embeddings", s => string.Create(CultureInfo.InvariantCulture,
            $"{s.Run.Experiment.Family.Embeddings.Dimension}, {(s.Run.Members == 1 ? "own" : s.Run.Experiment.Family.Embeddings.Shared ? "shared" : "one table a member")}")),
        new("batch", s => s.Run.Experiment.Training.BatchSize, "N0"),
        new("learning rate", s => string.Join(", ", s.Run.Experiment.Phases.Select(p => Numbers.Rate(p.LearningRate))), ResultColumn.Right),
        new("parameters", s => s.All.Count == 0 ? null : s.Run.Parameters, "N0"),
        new("rows/s", s => s.All.Count == 0 ? null : s.All.Average(r => r.RowsPerSecond), "N0")
        { Meaning = "Training rows a second, mean over seeds" },
        new("time", s => s.All.Count == 0 ? null : Numbers.Time(s.All.Average(r => r.Seconds)), ResultColumn.Right)
        { Meaning = "Of a run, mean over seeds" });

    private static ResultTable Runs(IReadOnlyList<RunRecord> runs, Func<RunRecord, string> label) => Numbers.Table(
        runs,
        new("run", r => r.Name),
        new("setting", label),
        new("seed", r => r.Seed, "F0"),
        new("validation AUC", r => r.Valid?.Auc, "F5"),
        new("log-loss", r => r.Valid?.LogLoss, "F5"),
        new("test AUC", r => r.Test?.Auc, "F5"),
        new("log-loss", r => r.Test?.LogLoss, "F5"),
        new("evaluations", r => r.Evaluations.Count, "N0"),
        new("rows/s", r => r.IsFinished ? r.RowsPerSecond : null, "N0"),
        new("time", r => r.IsFinished ? Numbers.Time(r.Seconds) : "not finished", ResultColumn.Right),
        new("peak memory", r => r.IsFinished
            && double.IsFinite(r.PeakMemory) ? $"{Numbers.Whole(r.PeakMemory)} MB" : null, ResultColumn.Right));

    private static ResultTable Machine(IReadOnlyList<RunRecord> runs) => Numbers.Table(
        (List<(string Key, string Value)>)[
            .. EnvironmentKeys.Select(key => (Key: key, Values: runs.Select(r => r.Environment[key]).OfType<string>().Distinct().ToList()))
                .Where(k => k.Values.Count > 0).Select(k => (k.Key, string.Join(", ", k.Values))),
            ("runs began", Span(runs)),
            ("data keys", string.Join(", ", runs.Select(r => r.DataKey).Where(k => k.Length > 0).Distinct())),
        ],
        new("", m => m.Key), new("", m => m.Value));

    private static string Span(IReadOnlyList<RunRecord> runs)
    {
        var times = runs.Select(r => r.Environment["time"]).OfType<string>()
            .Select(t => DateTime.TryParse(t, CultureInfo.InvariantCulture,
                DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var time) ? time : (DateTime?)null)
            .OfType<DateTime>().Order().ToList();
        return times.Count == 0 ? Numbers.None
            : string.Create(CultureInfo.InvariantCulture,
                $"{times[0]:yyyy-MM-dd HH:mm}{(times.Count > 1 ? $" to {times[^1]:yyyy-MM-dd HH:mm}" : "")} UTC");
    }
}
