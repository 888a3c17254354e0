using System.CommandLine;
using System.Globalization;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Foundation.Tables;
using Consort.Serving.Profiles;
using Consort.Studies.Watching;

namespace Consort.Cli.Commands;

/// <summary>Says whether rows still look like those that a model was trained on.</summary>
internal sealed class DriftCommand : ExampleCommand
{
    private const int MostColumns = 20;
    private readonly Argument<string> _data = new("NEWDATA")
    {
        Description = "Raw rows: a file, a folder, a pattern, a pipe, - for standard input, sql:QUERY, duckdb:FILE#TABLE.",
    };

    private readonly Argument<string> _model = new("MODEL") { Description = "A package, or the folder of a run." };
    private readonly Option<bool> _labels = Shared.Flag("--labels", "Every row has its label: compare predicted with observed clicks too.");
    private readonly DeclaredOptions<DriftOptions> _options = new(DriftOptions.Options);
    private readonly Option<string> _unknown = Shared.UnknownColumns();
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public DriftCommand(Terminal terminal) : base(
        "drift", "Say whether rows still look like those that a model was trained on, field by field.", terminal,
        "drift today.csv model.consort", "drift \"logs/2026-11-29/*.parquet\" model.consort --labels --json drift.json")
    {
        Take(_data, _model, _labels);
        Take(_options.All);
        Take(_unknown, _threads, _json, _quiet);
    }

    protected override int Run(ParseResult arguments)
    {
        var json = arguments.GetValue(_json);
        JsonFile.Check(json);
        var (places, model) = (Shared.Places(arguments.GetRequiredValue(_data)), arguments.GetRequiredValue(_model));
        Output.CheckApart("--json", json, [.. places, model]);
        var report = DriftTrial.Run(new DriftRequest(places, model)
        {
            Options = _options.Read(arguments),
            HasLabels = arguments.GetValue(_labels),
            Threads = arguments.GetValue(_threads),
            Rules = Shared.RowsOf(Terminal, arguments.GetValue(_unknown)),
            Catalogues = Shared.Catalogues,
            Progress = arguments.GetValue(_quiet) || Shared.BytesOf(places) is not (> 0 and var bytes)
                ? null : new CountLine(Terminal.Status, "comparing", "MB", bytes, scale: 1e6),
        }, Terminal.Cancellation);
        Terminal.Status.Clear();
        JsonFile.Write(json, report);
        Terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Shared.Show(places)}: {report.Rows:N0} rows, {report.Columns.Count:N0} columns"));
        Terminal.Show(TableOf(report));
        if (report.Columns.Count > MostColumns)
            Terminal.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"and {report.Columns.Count - MostColumns:N0} columns that have changed less"));
        if (report.Calibration is { } c)
            Terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"predicted/observed {c.Before:F4} on held-out rows, {(c.Clicks > 0 ? $"{c.Now:F4} now ({c.Clicks:N0} clicks)" : "now no clicks")}"));
        foreach (var alarm in report.Alarms)
            Terminal.Output.WriteLine($"ALARM {(alarm.Column.Length == 0 ? alarm.Kind : $"{alarm.Column}, {alarm.Kind}")}: {PrintableText.Of(alarm.Text)}");
        Terminal.Output.WriteLine(report.Alarms.Count == 0 ? "no drift" : string.Create(CultureInfo.InvariantCulture,
            $"drift: {report.Alarms.Count:N0} alarm{(report.Alarms.Count == 1 ? "" : "s")}"));
        return report.Alarms.Count == 0 ? CommandLine.Success : CommandLine.Refused;
    }

    private static ResultTable TableOf(DriftReport report) => ResultTable.Of(
        report.Columns.OrderByDescending(c => c.Psi).Take(MostColumns).Concat(report.Scores is { } scores ? [scores] : []),
        new("column", c => c.Name),
        new("PSI", c => c.Psi, "F4"),
        new("missing, training", c => c.MissingBefore, "P2"),
        new("now", c => c.Missing, "P2"),
        new("unseen, expected", c => c.UnseenBefore, "P2"),
        new("now", c => c.Unseen, "P2"),
        new("changed most", c => PrintableText.Short(c.Most, 40)),
        new("training", c => c.MostBefore, "P2"),
        new("now", c => c.MostNow, "P2"));
}
