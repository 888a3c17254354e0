using Consort.Foundation.Tables;

namespace Consort.Studies.Recipes.Daily;

/// <summary>A model that is made anew or goes on in one way, over all days that it was measured on and all seeds.</summary>
/// <param name="Model">Which model.</param>
/// <param name="Way">What becomes of it.</param>
/// <param name="Seeds">By seed, by day.</param>
internal sealed record DailyLine(string Model, DailyWay Way, IReadOnlyList<IReadOnlyList<DailyScore>> Seeds)
{
    /// <summary>What stands in the table.</summary>
    public static IReadOnlyList<ResultColumn<DailyLine>> Columns { get; } =
    [
        new("model", l => l.Model, Key: "model"),
        new("way", l => l.Way.Text),
        new(null, l => l.Way.Name, Key: "method"),
        new("days", l => l.Days, "N0", "days"),
        new("AUC", l => l.Mean(s => s.Score.Auc), "F5", "auc_mean"),
        new("short of the best", l => l.Mean(s => s.Score.Ceiling?.Auc - s.Score.Auc), "F5", "auc_short"),
        new("last day", l => l.Of(l.Days - 1, s => s.Score.Auc), "F5", "auc_last"),
        new("log-loss", l => l.Mean(s => s.Score.LogLoss), "F5", "logloss_mean"),
        new("above the best", l => l.Mean(s => s.Score.LogLoss - s.Score.Ceiling?.LogLoss), "F5", "logloss_above"),
        new("predicted / observed", l => l.Mean(s => s.Score.Calibration), "F3", "calibration_mean"),
        new("seconds a day", l => l.SecondsADay, "F1", "seconds_a_day"),
        new("ids at the end", l => l.Of(l.Days - 1, s => s.Ids), "N0", "ids"),
        new(null, l => l.ByDay(s => s.Score.Auc), Key: "auc"),
        new(null, l => l.ByDay(s => s.Score.Ceiling?.Auc), Key: "auc_best"),
        new(null, l => l.ByDay(s => s.Score.LogLoss), Key: "logloss"),
        new(null, l => l.ByDay(s => s.Score.Ceiling?.LogLoss), Key: "logloss_best"),
        new(null, l => l.ByDay(s => s.Score.Calibration), Key: "calibration"),
        new(null, l => l.ByDay(s => s.Seconds), Key: "seconds"),
        new(null, l => l.ByDay(s => s.Ids), Key: "ids_by_day"),
    ];

    /// <summary>How many days all seeds have.</summary>
    public int Days => Seeds.Min(s => s.Count);

    /// <summary>The mean over seeds on each day.</summary>
    public IReadOnlyList<double> ByDay(Func<DailyScore, double?> value) =>
        [.. Enumerable.Range(0, Days).Select(day => Of(day, value) ?? double.NaN)];

    private double? Of(int day, Func<DailyScore, double?> value) => Seeds.Average(s => value(s[day]));

    private double? Mean(Func<DailyScore, double?> value) => Enumerable.Range(0, Days).Average(day => Of(day, value));

    // The first model is the same of all.
    private double? SecondsADay => Way == DailyWay.Never || Days < 2 ? null
        : Enumerable.Range(1, Days - 1).Average(day => Of(day, s => s.Seconds));
}
