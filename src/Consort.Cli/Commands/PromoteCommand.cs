using System.CommandLine;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Experiments.Updating;
using Consort.Studies.Promoting;

namespace Consort.Cli.Commands;

/// <summary>Says whether a new model may take the place of the one that serves.</summary>
internal sealed class PromoteCommand : ExampleCommand
{
    private readonly Argument<string> _new = new("NEW") { Description = "The new model: a package or the folder of a run." };
    private readonly Option<string> _against = Shared.Needed("--against", "OLD", "The model that serves now: a package or the folder of a run.");
    private readonly Option<string[]> _data =
        Shared.Rows("--data", "Raw rows with labels that neither was trained on", isNeeded: true, areReadAgain: true);
    private readonly Option<string[]> _slices = new("--slices")
    {
        Description = "Fields whose values are compared one by one; all categorical and boolean ones unless given.",
        HelpName = "FIELD",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly DeclaredOptions<PromoteOptions> _options = new(PromoteOptions.Options);
    private readonly Option<string?> _html = Shared.Text("--html", "FILE", "Also write a page that says why.");
    private readonly Option<string> _unknown = Shared.UnknownColumns();
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public PromoteCommand(Terminal terminal) : base(
        "promote", "Say whether a new model may take the place of the one that serves: paired tests, calibration, slices, latency, size.", terminal,
        "promote new.consort --against serving.consort --data yesterday.csv",
        "promote runs/day-8 --against serving.consort --data day-9.csv --must-gain --html why.html")
    {
        Take(_new, _against, _data, _slices);
        Take(_options.All);
        Take(_html, _unknown, _threads, _json, _quiet);
    }

    protected override int Run(ParseResult arguments)
    {
        var (json, html) = (arguments.GetValue(_json), arguments.GetValue(_html));
        JsonFile.Check(json);
        var places = Shared.PlacesOfFiles("--data", arguments.GetRequiredValue(_data));
        var (newer, older) = (arguments.GetRequiredValue(_new), arguments.GetRequiredValue(_against));
        Output.CheckApart("--json", json, [.. places, newer, older]);
        Output.CheckApart("--html", html, [.. places, newer, older]);
        string[] models = [.. new[] { newer, older }.Distinct()];
        foreach (var line in places.SelectMany(p => models.Select(m => SeenRows.Words(m, p, m))).OfType<string>())
            Shared.Notice(Terminal, line);
        var bytes = 2 * Shared.BytesOf(places);
        var result = PromotionTrial.Run(new PromotionRequest(newer, older, places)
        {
            Options = _options.Read(arguments),
            Slices = arguments.GetValue(_slices) is { Length: > 0 } fields ? fields : null,
            Threads = arguments.GetValue(_threads),
            Rules = Shared.RowsOf(Terminal, arguments.GetValue(_unknown)),
            Catalogues = Shared.Catalogues,
            Progress = arguments.GetValue(_quiet) || bytes == 0
                ? null : new CountLine(Terminal.Status, "comparing", "MB", bytes, scale: 1e6),
        }, Terminal.Cancellation);
        Terminal.Status.Clear();
        JsonFile.Write(json, PromotionReport.Json(result));
        if (html is not null)
            PromotionReport.Write(html, result);
        Terminal.Output.WriteLine($"{Shared.Show(places)}: {PromotionReport.Rows(result)}");
        Terminal.Show(PromotionReport.Models(result));
        Terminal.Show(PromotionReport.Checks(result));
        if (result.Slices.Count > 0)
            Terminal.Show(PromotionReport.Slices(result));
        Terminal.Output.WriteLine(PromotionReport.Verdict(result));
        return result.IsPromoted ? CommandLine.Success : CommandLine.Refused;
    }
}
