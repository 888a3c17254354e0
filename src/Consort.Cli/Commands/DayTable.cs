using Consort.Cli.Terminals;
using Consort.Experiments.Packing;
using Consort.Experiments.Updating;
using Consort.Foundation.Numbers;
using Consort.Foundation.Tables;

namespace Consort.Cli.Commands;

/// <summary>Days that a run has gone on with, as a table, as lines of what to do next, and as JSON.</summary>
internal static class DayTable
{
    /// <summary>Shows the days and whether to calibrate the last run.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="days">In their order.</param>
    /// <param name="run">What the user calls the last run.</param>
    /// <param name="calibration">What was measured of it, or null.</param>
    public static void Show(Terminal terminal, IReadOnlyList<DayResult> days, string run, CalibrationChoice? calibration)
    {
        terminal.Show(ResultTable.Of(days,
        [
            new("day", d => d.Name), .. UpdateColumns.Of<DayResult>(d => d.Update.Record, "AUC before", "F3"),
            new("ids", d => d.Update.Record.Vocabulary.Size, "N0"), new("seconds", d => d.Update.Run.Training.Seconds, "F1"),
        ]));
        terminal.Output.WriteLine(calibration is not { } c
            ? "calibration  too few held-out rows to tell whether it helps: none"
            : string.Create(ShownNumbers.Culture, $"calibration  log-loss of the held-out rows {c.LogLoss:F5} as trained, {c.Calibrated:F5} by Platt fitted to other rows of them: {(c.IsBetter ? "Platt" : "as trained")}"));
        terminal.Output.WriteLine($"next         {terminal.Command} pack {Shell.Quote(run)} -o model.consort --calibration {(calibration?.IsBetter == true ? "platt" : "none")}");
    }

    /// <summary>The days as JSON.</summary>
    public static IEnumerable<Dictionary<string, object?>> Json(IEnumerable<DayResult> days) => days.Select(Json);

    private static Dictionary<string, object?> Json(DayResult day)
    {
        var (record, valid) = (day.Update.Record, day.Update.Run.Training.Valid.Metrics.Ensemble);
        return new()
        {
            ["day"] = day.Name,
            ["run"] = day.Folder,
            ["before"] = Scores(record.Before.Auc, record.Before.LogLoss, record.Before.Calibration, record.Before.Rows),
            ["held_out"] = Scores(valid.Auc, valid.LogLoss, valid.Calibration, valid.Rows),
            ["vocabulary"] = new Dictionary<string, int>
            {
                ["before"] = record.Vocabulary.Before,
                ["admitted"] = record.Vocabulary.Admitted,
                ["evicted"] = record.Vocabulary.Evicted,
                ["size"] = record.Vocabulary.Size,
            },
            ["seconds"] = Math.Round(day.Update.Run.Training.Seconds, 2),
        };
    }

    private static Dictionary<string, double> Scores(double auc, double logLoss, double calibration, long rows) =>
        new() { ["auc"] = auc, ["logloss"] = logLoss, ["calibration"] = calibration, ["rows"] = rows };
}
