using System.CommandLine;
using System.Globalization;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Serving.Profiles;
using Consort.Studies.Watching;

namespace Consort.Cli.Commands;

/// <summary>Says whether rows still look like those that a model was trained on.</summary>
internal sealed class DriftCommand : ExampleCommand
{
    private const int MostColumns = 10;
    private readonly Argument<string> _data = new("NEWDATA")
    {
        Description = "Raw rows: a file, a folder, a pattern, a pipe, - for standard input, sql:QUERY, duckdb:FILE#TABLE.",
    };

    private readonly Argument<string> _model = new("MODEL") { Description = "A package, or the folder of a run." };
    private readonly Option<bool> _labels = Shared.Flag("--labels", "Every row has its label: compare predicted with observed clicks too.");
    private readonly DeclaredOptions<DriftOptions> _options = new(DriftOptions.Options);
    private readonly Option<string?> _html = Shared.Text("--html", "FILE", "Also write a page that shows it.");
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
        Take(_html, _unknown, _threads, _json, _quiet);
    }

    protected override int Run(ParseResult arguments)
    {
        var (json, html) = (arguments.GetValue(_json), arguments.GetValue(_html));
        JsonFile.Check(json);
        var (places, model) = (Shared.Places(arguments.GetRequiredValue(_data)), arguments.GetRequiredValue(_model));
        Output.CheckApart("--json", json, [.. places, model]);
        Output.CheckApart("--html", html, [.. places, model]);
        var options = _options.Read(arguments);
        var report = DriftTrial.Run(new DriftRequest(places, model)
        {
            Options = options,
            HasLabels = arguments.GetValue(_labels),
            Threads = arguments.GetValue(_threads),
            Rules = Shared.RowsOf(Terminal, arguments.GetValue(_unknown)),
            Catalogues = Shared.Catalogues,
            Progress = arguments.GetValue(_quiet) || Shared.BytesOf(places) is not (> 0 and var bytes)
                ? null : new CountLine(Terminal.Status, "comparing", "MB", bytes, scale: 1e6),
        }, Terminal.Cancellation);
        Terminal.Status.Clear();
        JsonFile.Write(json, report);
        if (html is not null)
            DriftPage.Write(html, report, Shared.Show(places), model, options);
        Terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Shared.Show(places)}: {report.Rows:N0} rows, {report.Columns.Count:N0} watched columns"));
        Terminal.Output.WriteLine(DriftPage.Summary(report));
        Terminal.Show(DriftPage.Columns(report, MostColumns));
        if (report.Columns.Count > MostColumns)
            Terminal.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"and {report.Columns.Count - MostColumns:N0} columns that have changed less"));
        if (DriftPage.Calibration(report) is { } line)
            Terminal.Output.WriteLine(line);
        foreach (var alarm in report.Alarms)
            Terminal.Output.WriteLine($"ALARM {DriftPage.Line(alarm)}");
        Terminal.Output.WriteLine($"next         {Next(report, arguments.GetRequiredValue(_data), model)}");
        return report.Alarms.Count == 0 ? CommandLine.Success : CommandLine.Refused;
    }

    // Alarms say that something has changed, not whether it should have.
    private string Next(DriftReport report, string data, string model)
    {
        if (report.Alarms.Count == 0)
            return "nothing to do: the model may go on";
        var broken = report.Alarms.FirstOrDefault(a => a.Kind is "missing" or "unseen");
        var look = broken is null ? "" : $"look where {PrintableText.Short(broken.Column, 40)} comes from; if it is as it should be: ";
        var run = Directory.Exists(model) ? Shell.Quote(model) : "RUN";
        return $"{look}{Terminal.Command} update {run} --data {(data == "-" ? "ROWS" : Shell.Quote(data))}";
    }
}
