using System.CommandLine;
using System.Globalization;
using System.Text;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Data.Datasets;
using Consort.Data.Profiles;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Files;
using Consort.Foundation.Tables;
using Consort.Studies.Profiles;

namespace Consort.Cli.Commands;

/// <summary>Says what is in a raw file or an encoded dataset.</summary>
internal sealed class DataDescribeCommand : ExampleCommand
{
    private const int LongestName = 40, LongestToken = 32;
    private const string Share = "P2";

    private readonly Argument<string> _source = new("ROWS|FOLDER")
    {
        Description = "Raw rows (a file, a folder, a pattern, a pipe, - for standard input, sql:QUERY, duckdb:FILE#TABLE), or an encoded dataset.",
    };
    private readonly Option<string?> _schema = Shared.Text("--schema", "NAME|FILE",
        $"How a raw file looks: a preset ({string.Join(", ", Schema.Presets)}) or a schema file (YAML); without it the file is looked at as it is.");
    private readonly Option<int> _top = Shared.Number<int>("--top", "How many of the most frequent tokens to list.", 3, 0, 1000);
    private readonly ProfileOptions _profile = new();
    private readonly Option<string?> _html = Shared.Text("--html", "FILE", "Also write what was seen without a schema as a page with plots.");
    private readonly Option<string?> _json = Shared.Json();

    public DataDescribeCommand(Terminal terminal) : base(
        "describe", "Describe the columns of a raw file or an encoded dataset.", terminal,
        "data describe clicks.csv --html clicks.html", "data describe train.csv --schema avazu",
        "data describe data/criteo --json columns.json")
    {
        Take([_source, _schema, _top, .. _profile.All, _html, _json]);
    }

    protected override int Run(ParseResult arguments)
    {
        var json = arguments.GetValue(_json);
        JsonFile.Check(json);
        var source = arguments.GetRequiredValue(_source) is "-" ? Shared.Places("-")[0] : arguments.GetRequiredValue(_source);
        Output.CheckApart("--json", json, source, arguments.GetValue(_schema) ?? source);
        if (arguments.GetValue(_schema) is null && !EncodedDataset.IsAt(source))
            return Look(arguments, source, json);
        if (arguments.GetValue(_html) is not null || _profile.Given(arguments) is not null)
            throw new ConsortException($"{(arguments.GetValue(_html) is null ? _profile.Given(arguments) : "--html")}: belongs to rows that are looked at without a schema, expected no --schema and no encoded dataset");
        var description = Describe(source, arguments.GetValue(_schema), arguments.GetValue(_top), _profile.Threads(arguments));
        JsonFile.Write(json, description);
        Show(description);
        return CommandLine.Success;
    }

    private DatasetDescription Describe(string source, string? schema, int top, int threads)
    {
        if (EncodedDataset.IsAt(source))
        {
            if (schema is not null)
                throw new ConsortException($"--schema {schema}: an encoded dataset has its own schema, expected no --schema");
            using var dataset = EncodedDataset.Open(source);
            return DatasetDescription.OfEncoded(dataset, top, Terminal.Cancellation);
        }

        if (SourcePlace.IsFile(source) && !SourceFiles.IsPattern(source) && !File.Exists(source)
            && FileFacts.Of(source).Kind == FileKind.None)
            throw new ConsortException($"{source}: found neither a file nor a folder");
        return DatasetDescription.OfRaw(SourcePlace.Show(source), Shared.Places(source), Schema.Load(schema!), top, threads, Shared.Sources,
            Terminal.Cancellation);
    }

    // Without a schema: what can be told from the rows themselves.
    private int Look(ParseResult arguments, string source, string? json)
    {
        var html = arguments.GetValue(_html);
        if (html is not null && (html.Length == 0 || Directory.Exists(html)))
            throw new ConsortException($"--html {html}: found a folder, expected the name of a file such as clicks.html");
        if (SourcePlace.IsFile(source) && !SourceFiles.IsPattern(source) && !Directory.Exists(source)
            && FileFacts.Of(source).Kind == FileKind.None)
            throw new ConsortException($"{source}: found neither a file nor a folder");
        Output.CheckApart("--html", html, source);
        var profile = DataProfile.Of(
            _profile.Read(arguments, Terminal, [source], quiet: false) with { Top = arguments.GetValue(_top) }, Terminal.Cancellation);
        Terminal.Status.Clear();
        JsonFile.Write(json, ProfileTables.Json(profile));
        if (html is not null)
            SafeFile.Write(html, stream => stream.Write(Encoding.UTF8.GetBytes(ProfilePage.Of(profile))));
        Terminal.Output.WriteLine(ProfileTables.Headline(profile));
        if (profile.Label is null)
            Terminal.Output.WriteLine($"no label: {profile.LabelProblem}");
        Terminal.Show(ProfileTables.Columns(profile));
        if (ProfileTables.Rest(profile) is { } rest)
            Terminal.Output.WriteLine($"{rest}: --json FILE has all");
        foreach (var table in ProfileTables.Days(profile))
            Terminal.Show(table);
        if (html is not null)
            Terminal.Output.WriteLine($"written      {html}");
        Terminal.Output.WriteLine($"next         {Terminal.Command} init {Shell.Quote(source)}");
        return CommandLine.Success;
    }

    private void Show(DatasetDescription description)
    {
        var output = Terminal.Output;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{PrintableText.Of(description.Source)}: {description.Rows:N0} rows, click rate {description.LabelMean:P2}"));
        foreach (var split in description.Splits)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {split.Name}: {split.Rows:N0} rows, {split.Clicks:N0} clicks"));
        var isEncoded = description.Splits.Count > 0;
        Terminal.Show(ResultTable.Of(
            description.Columns,
            new("column", c => PrintableText.Short(c.Name, LongestName)),
            new("kind", c => c.Kind),
            new("distinct", c => c.Numbers is null && !(c.Note is not null && c.Distinct == 0) ? c.Distinct : null, "N0"),
            new("missing", c => c.MissingShare, Share),
            isEncoded ? new("train OOV", c => c.TrainOovShare, Share) : null,
            isEncoded ? new("valid OOV", c => c.ValidOovShare, Share) : null,
            isEncoded ? new("test OOV", c => c.TestOovShare, Share) : null,
            new("most frequent, or range", Values) { IsProse = true }));
    }

    private static string Values(ColumnDescription column) => column.Note is { } note ? note : column.Numbers is { } n
        ? string.Create(CultureInfo.InvariantCulture, $"{n.Min:G6} to {n.Max:G6}, mean {n.Mean:G4} ± {n.Deviation:G4}")
        : string.Join("  ", column.Top.Select(t =>
            string.Create(CultureInfo.InvariantCulture, $"{PrintableText.Short(t.Token, LongestToken)} ×{t.Count:N0}")));
}
