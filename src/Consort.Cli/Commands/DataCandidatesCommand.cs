using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Data.Candidates;
using Consort.Data.Schemas;

namespace Consort.Cli.Commands;

/// <summary>Writes rows without labels, made of a log, for teachers to judge.</summary>
internal sealed class DataCandidatesCommand : ExampleCommand
{
    private readonly Option<string> _schema =
        Shared.Needed("--schema", "NAME|FILE", $"A preset ({string.Join(", ", Schema.Presets)}) or a schema file (YAML).");
    private readonly Option<string[]> _source = new("--source")
    {
        Description = "The log: training files.",
        HelpName = "FILE",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string> _out = Shared.Needed("--out", "FILE", "The rows, in the form of the log without labels.", alias: "-o");
    private readonly Option<int> _unused =
        Shared.Number("--unused", "Rows a row is given with an item that does not occur in its context.", 0, 0, 10_000, "K");
    private readonly Option<string?> _items = Shared.Text("--items", "FIELDS", "Fields of an item, with commas, for --unused.");
    private readonly Option<string?> _context =
        Shared.Text("--context", "FIELDS", "Fields of a context, with commas; all but those of the item unless given.");
    private readonly Option<string> _draw =
        Shared.TextOr("--draw", "uniform|frequency", "Whether each item is drawn alike, or as often as it occurs.", "uniform")
        .AcceptOnlyFromAmong("uniform", "frequency");
    private readonly Option<int> _swaps =
        Shared.Number("--swaps", "Rows a row is given with a group of fields of another row; the groups take turns.", 0, 0, 10_000, "K");
    private readonly Option<string?> _groups =
        Shared.Text("--groups", "GROUPS", "Groups of fields for --swaps: user,age;weather,city.");
    private readonly Option<string> _of =
        Shared.TextOr("--of", "clicks|all", "Rows of which candidates are made: those with label 1, or all.", "clicks")
        .AcceptOnlyFromAmong("clicks", "all");
    private readonly Option<double> _share = Shared.Number("--share", "Share of these rows, drawn by the seed.", 1.0, 1e-9, 1.0, "P");
    private readonly Option<int> _donors =
        Shared.Number("--donors", "The most rows held in memory to take groups from, drawn evenly.", 1_000_000, 1, 100_000_000);
    private readonly Option<long> _seed = Shared.Number<long>("--seed", "What all draws follow from.", 0, 0, long.MaxValue);
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public DataCandidatesCommand(Terminal terminal) : base(
        "candidates", "Make rows without labels of a log, for teachers to judge: unused items, and groups of fields swapped between rows.",
        terminal,
        "data candidates --schema frappe --source train.csv --items item,cost --unused 8 --out more.csv",
        "data candidates --schema frappe --source train.csv --groups \"daytime,weekday,isweekend,homework,weather,country,city\" --swaps 3 --out swaps.csv")
    {
        Take(_schema, _source, _out, _unused, _items, _context, _draw, _swaps, _groups, _of, _share, _donors, _seed, _json, _quiet);
    }

    protected override int Run(ParseResult arguments)
    {
        var (json, path) = (arguments.GetValue(_json), arguments.GetRequiredValue(_out));
        JsonFile.Check(json);
        var request = Request(arguments);
        string[] read = [arguments.GetRequiredValue(_schema), .. request.Sources];
        Output.CheckApart("--out", path, read);
        Output.CheckApart("--json", json, read);
        Output.CheckApartFromOut(json, path);
        var clock = Stopwatch.StartNew();
        var bytes = 2 * Shared.BytesOf(request.Sources);
        var progress = arguments.GetValue(_quiet) ? null : new CountLine(Terminal.Status, "reading", "MB", bytes, 1e6);
        Terminal.StopWithin(Shared.TimeToSave);
        var summary = CandidateWriter.Write(request, path, progress, Terminal.Cancellation);
        Terminal.Status.Clear();
        JsonFile.Write(json, new
        {
            summary.Rows,
            summary.Of,
            summary.Unused,
            summary.Swapped,
            summary.Missed,
            summary.Items,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 3),
            File = Path.GetFullPath(path),
        });
        var output = Terminal.Output;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{summary.Rows:N0} rows of {summary.Of:N0} rows of the log: {summary.Unused:N0} with unused items, {summary.Swapped:N0} swapped"));
        if (summary.Missed > 0)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{summary.Missed:N0} could not be made: the context has every item that was drawn, or the group is the same everywhere"));
        output.WriteLine($"rows         {path}");
        output.WriteLine($"next         put `transfer: {path}` beside train, valid and test into the experiment file of a student, with strategy distillation");
        return CommandLine.Success;
    }

    private CandidateRequest Request(ParseResult arguments)
    {
        var sources = Shared.Places(arguments.GetRequiredValue(_source));
        if (arguments.GetRequiredValue(_source).Contains("-"))
            throw new ConsortException("data candidates: found - for standard input, which can be read only once, expected files that can be read again; write it to a file first");
        string[] Fields(Option<string?> option) => Split(arguments.GetValue(option), ',');
        return new CandidateRequest(Schema.Load(arguments.GetRequiredValue(_schema)), sources)
        {
            Catalogue = Shared.Sources,
            Unused = arguments.GetValue(_unused),
            Items = Fields(_items),
            Context = Fields(_context),
            Draw = arguments.GetValue(_draw) == "uniform" ? ItemDraw.Uniform : ItemDraw.Frequency,
            Swaps = arguments.GetValue(_swaps),
            Groups = [.. Split(arguments.GetValue(_groups), ';').Select(g => Split(g, ','))],
            OfAll = arguments.GetValue(_of) == "all",
            Share = arguments.GetValue(_share),
            Donors = arguments.GetValue(_donors),
            Seed = (ulong)arguments.GetValue(_seed),
        };
    }

    private static string[] Split(string? text, char between) =>
        text?.Split(between, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}
