using System.Globalization;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>What was run: experiments, runs, machine.</summary>
internal static class RunSection
{
    private static readonly string[] EnvironmentKeys = ["consort", "runtime", "os", "architecture", "vectors", "processors", "threads", "precision", "matmul"];

    /// <summary>The section.</summary>
    public static Section Of(IReadOnlyList<RunRecord> runs, Func<RunRecord, string> label, string id, string title) => new(id, title,
    [
        new Fold("Settings", [new TableBlock(Settings(runs, label))]),
        new Fold($"All {Numbers.Count(runs.Count, "run")}", [new TableBlock(Runs(runs, label))]),
        new Fold("Machine and program", [new TableBlock(Machine(runs))]),
    ]);

    private static ReportTable Settings(IReadOnlyList<RunRecord> runs, Func<RunRecord, string> label) => new(
        [
            new("setting", IsNumber: false), new("members", IsNumber: false), new("strategy", IsNumber: false), new("embeddings", IsNumber: false), new("batch"),
            new("learning rate"), new("parameters"), new("rows/s", Meaning: "Training rows a second, mean over seeds"), new("time", IsNumber: true, "Of a run, mean over seeds"),
        ],
        [.. runs.GroupBy(label).Select(g => (g.Key, Run: g.FirstOrDefault(r => r.IsFinished) ?? g.First(), All: g.Where(r => r.IsFinished).ToList())).Select(g => (IReadOnlyList<string>)
        [
            g.Key, g.Run.Models, g.Run.Strategies,
            string.Create(CultureInfo.InvariantCulture, $"{g.Run.Experiment.Family.Embeddings.Dimension}, {(g.Run.Members == 1 ? "own" : g.Run.Experiment.Family.Embeddings.Shared ? "shared" : "one table a member")}"),
            Numbers.Whole(g.Run.Experiment.Training.BatchSize), string.Join(", ", g.Run.Experiment.Phases.Select(p => Numbers.Rate(p.LearningRate))),
            Numbers.Whole(g.All.Count == 0 ? null : g.Run.Parameters), Numbers.Whole(g.All.Count == 0 ? null : g.All.Average(r => r.RowsPerSecond)),
            g.All.Count == 0 ? Numbers.None : Numbers.Time(g.All.Average(r => r.Seconds)),
        ])]);

    private static ReportTable Runs(IReadOnlyList<RunRecord> runs, Func<RunRecord, string> label) => new(
        [
            new("run", IsNumber: false), new("setting", IsNumber: false), new("seed"), new("validation AUC"), new("log-loss"), new("test AUC"), new("log-loss"),
            new("evaluations"), new("rows/s"), new("time"), new("peak memory"),
        ],
        [.. runs.Select(r => (IReadOnlyList<string>)
        [
            r.Name, label(r), r.Seed.ToString(CultureInfo.InvariantCulture), Numbers.Auc(r.Valid?.Auc), Numbers.LogLoss(r.Valid?.LogLoss), Numbers.Auc(r.Test?.Auc),
            Numbers.LogLoss(r.Test?.LogLoss), Numbers.Whole(r.Evaluations.Count), Numbers.Whole(r.IsFinished ? r.RowsPerSecond : null),
            r.IsFinished ? Numbers.Time(r.Seconds) : "not finished", r.IsFinished && double.IsFinite(r.PeakMemory) ? $"{Numbers.Whole(r.PeakMemory)} MB" : Numbers.None,
        ])]);

    private static ReportTable Machine(IReadOnlyList<RunRecord> runs) => new(
        [new("", IsNumber: false), new("", IsNumber: false)],
        [
            .. EnvironmentKeys.Select(key => (Key: key, Values: runs.Select(r => r.Environment[key]).OfType<string>().Distinct().ToList()))
                .Where(k => k.Values.Count > 0).Select(k => (IReadOnlyList<string>)[k.Key, string.Join(", ", k.Values)]),
            ["runs began", Span(runs)],
            ["data keys", string.Join(", ", runs.Select(r => r.DataKey).Where(k => k.Length > 0).Distinct())],
        ]);

    private static string Span(IReadOnlyList<RunRecord> runs)
    {
        var times = runs.Select(r => r.Environment["time"]).OfType<string>()
            .Select(t => DateTime.TryParse(t, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var time) ? time : (DateTime?)null)
            .OfType<DateTime>().Order().ToList();
        return times.Count == 0 ? Numbers.None
            : string.Create(CultureInfo.InvariantCulture, $"{times[0]:yyyy-MM-dd HH:mm}{(times.Count > 1 ? $" to {times[^1]:yyyy-MM-dd HH:mm}" : "")} UTC");
    }
}
