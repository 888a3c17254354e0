using System.Globalization;
using System.Text;
using Consort.Foundation.Files;
using Consort.Foundation.Tables;
using Consort.Serving.Profiles;
using Consort.Studies.Reports.Pages;
using Consort.Studies.Reports.Plots;

namespace Consort.Studies.Watching;

/// <summary>Says how rows differ from the training rows: as a table, in lines, and as a page.</summary>
public static class DriftPage
{
    private const int MostShown = 30, MostNamed = 8;

    /// <summary>The columns, those that have changed most first, and the scores below.</summary>
    /// <param name="report">What was found.</param>
    /// <param name="most">Columns at the most.</param>
    public static ResultTable Columns(DriftReport report, int most = int.MaxValue) => ResultTable.Of(
        report.Columns.OrderByDescending(c => c.Psi).Take(most).Concat(report.Scores is { } scores ? [scores] : []),
        new("column", c => c.Name),
        new("PSI", c => Shown(c.Psi), "F4"),
        new("missing, training", c => c.MissingBefore, "P2"),
        new("now", c => c.Missing, "P2"),
        new("unseen, expected", c => c.UnseenBefore, "P2"),
        new("now", c => c.Unseen, "P2"),
        new("changed most", c => PrintableText.Short(c.Most, 40)),
        new("training", c => c.MostBefore, "P2"),
        new("now", c => c.MostNow, "P2")) with
    { Missing = "not known" };

    // Next to nothing has no sign.
    private static double Shown(double psi) => Math.Round(psi, 4) + 0.0;

    /// <summary>Whether there is drift, in a line.</summary>
    public static string Verdict(DriftReport report) => report.Alarms.Count == 0 ? "no drift"
        : $"drift: {Numbers.Count(report.Alarms.Count, "alarm")}";

    /// <summary>How many fields have an alarm, and which: the first line to read.</summary>
    public static string Summary(DriftReport report)
    {
        string[] fields =
        [
            .. report.Columns.Where(c => report.Alarms.Any(a => a.Column == c.Name)).OrderByDescending(c => c.Psi)
                .Select(c => PrintableText.Short(c.Name, 40)),
        ];
        string[] others = [.. report.Alarms.Where(a => a.Column.Length == 0).Select(a => a.Kind)];
        var named = fields.Length == 0 ? "" : $": {string.Join(", ", fields.Take(MostNamed))}";
        var more = fields.Length > MostNamed ? $" and {Numbers.Whole(fields.Length - MostNamed)} more" : "";
        var scored = others.Length == 0 ? "" : $"; so did the {string.Join(" and the ", others)}";
        return $"{Verdict(report)}; {Numbers.Whole(fields.Length)} of {Numbers.Count(report.Columns.Count, "column")} changed{named}{more}{scored}";
    }

    /// <summary>Predicted over observed clicks in a line; null without labels.</summary>
    public static string? Calibration(DriftReport report) => report.Calibration is not { } c ? null : string.Create(
        CultureInfo.InvariantCulture,
        $"predicted/observed {c.Before:F4} on held-out rows, {(c.Clicks > 0 ? $"{c.Now:F4} now ({c.Clicks:N0} clicks)" : "now no clicks")}");

    /// <summary>An alarm in a line.</summary>
    public static string Line(DriftAlarm alarm) =>
        $"{(alarm.Column.Length == 0 ? alarm.Kind : $"{alarm.Column}, {alarm.Kind}")}: {PrintableText.Of(alarm.Text)}";

    /// <summary>Writes one HTML page that needs nothing beside it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="report">What was found.</param>
    /// <param name="rows">What the rows are called.</param>
    /// <param name="model">What the model is called.</param>
    /// <param name="options">When a difference was an alarm.</param>
    /// <exception cref="ConsortException">It cannot be written.</exception>
    public static void Write(string path, DriftReport report, string rows, string model, DriftOptions options) => SafeFile.Write(
        path, stream => stream.Write(Encoding.UTF8.GetBytes(HtmlWriter.Write(Page(report, rows, model, options)))));

    private static Document Page(DriftReport report, string rows, string model, DriftOptions options) => new(
        $"{rows} beside what {model} was trained on",
        string.Create(CultureInfo.InvariantCulture, $"{report.Rows:N0} rows, {report.Columns.Count:N0} watched columns"),
        [.. report.Alarms.Select(Line).Prepend(Verdict(report)), .. Calibration(report) is { } line ? new[] { line } : []],
        [
            new Fact("alarms", Numbers.Whole(report.Alarms.Count), "large, and surely no chance"),
            .. report.Columns.MaxBy(c => c.Psi) is { } top
                ? new[] { new Fact("largest PSI", Numbers.Fixed(Shown(top.Psi), 4), top.Name) } : [],
            .. report.Scores is { } s
                ? new[] { new Fact("PSI of the scores", Numbers.Fixed(Shown(s.Psi), 4), "beside held-out rows") } : [],
        ],
        [
            new Section("columns", "Columns, the most changed first",
            [
                .. report.Columns.Count == 0 ? Array.Empty<Block>() : [Plot(report, options)],
                new TableBlock(Columns(report)),
            ]),
        ]);

    private static Figure Plot(DriftReport report, DriftOptions options)
    {
        ColumnDrift[] shown = [.. report.Columns.OrderByDescending(c => c.Psi).Take(MostShown)];
        var alarmed = report.Alarms.Select(a => a.Column).ToHashSet(StringComparer.Ordinal);
        var plot = new StripPlot
        {
            Description = $"PSI of {Numbers.Count(shown.Length, "column")}, the largest at the top: {shown[0].Name} {Numbers.Fixed(Shown(shown[0].Psi), 4)}.",
            Name = "PSI",
            Strips = [.. shown.Select(c => new Strip(PrintableText.Short(c.Name, 40), [], c.Psi, null, null,
                $"{c.Name}: PSI {Numbers.Fixed(Shown(c.Psi), 4)}", alarmed.Contains(c.Name) ? 1 : 0))],
            Levels = [new Level(options.Psi, "alarm, where it is sure")],
        };
        var left = report.Columns.Count > shown.Length
            ? $"; of {Numbers.Whole(report.Columns.Count)} columns the {shown.Length} that have changed most" : "";
        return new Figure($"Population stability index, less what chance gives{left}.",
            [new("no alarm", 0, IsLine: false), new("with an alarm of any kind", 1, IsLine: false)],
            [new Panel("", plot.Draw(820), plot.Draw(350))], null);
    }
}
