using System.CommandLine;
using System.Globalization;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Files;
using Consort.Foundation.Tables;

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
        $"How a raw file looks: a preset ({string.Join(", ", Schema.Presets)}) or a schema file (YAML).");
    private readonly Option<int> _top = Shared.Number<int>("--top", "How many of the most frequent tokens to list.", 3, 0, 1000);
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<string?> _json = Shared.Json();

    public DataDescribeCommand(Terminal terminal) : base(
        "describe", "Describe the columns of a raw file or an encoded dataset.", terminal,
        "data describe train.csv --schema avazu", "data describe data/criteo --json columns.json")
    {
        Take(_source, _schema, _top, _threads, _json);
    }

    protected override int Run(ParseResult arguments)
    {
        var json = arguments.GetValue(_json);
        JsonFile.Check(json);
        var source = arguments.GetRequiredValue(_source) is "-" ? "/dev/stdin" : arguments.GetRequiredValue(_source);
        Output.CheckApart("--json", json, source, arguments.GetValue(_schema) ?? source);
        var description = Describe(source, arguments.GetValue(_schema), arguments.GetValue(_top), arguments.GetValue(_threads));
        JsonFile.Write(json, description);
        Show(description);
        return CommandLine.Success;
    }

    private DatasetDescription Describe(string source, string? schema, int top, int threads)
    {
        if (Directory.Exists(source) && (schema is null || EncodedDataset.IsAt(source)))
        {
            if (schema is not null)
                throw new ConsortException($"--schema {schema}: an encoded dataset has its own schema, expected no --schema");
            using var dataset = EncodedDataset.Open(source);
            return DatasetDescription.OfEncoded(dataset, top, Terminal.Cancellation);
        }

        if (SourcePlace.IsFile(source) && !SourceFiles.IsPattern(source) && !File.Exists(source)
            && FileFacts.Of(source).Kind == FileKind.None)
            throw new ConsortException($"{source}: found neither a file nor a folder");
        return schema is null
            ? throw new ConsortException($"{source}: expected --schema beside a raw file: {string.Join(", ", Schema.Presets)}, or a schema file")
            : DatasetDescription.OfRaw(SourcePlace.Show(source), Shared.Places(source), Schema.Load(schema), top, threads, Shared.Sources,
                Terminal.Cancellation);
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
            new("distinct", c => c.Numbers is null ? c.Distinct : null, "N0"),
            new("missing", c => c.MissingShare, Share),
            isEncoded ? new("train OOV", c => c.TrainOovShare, Share) : null,
            isEncoded ? new("valid OOV", c => c.ValidOovShare, Share) : null,
            isEncoded ? new("test OOV", c => c.TestOovShare, Share) : null,
            new("most frequent, or range", Values) { IsProse = true }));
    }

    private static string Values(ColumnDescription column) => column.Numbers is { } n
        ? string.Create(CultureInfo.InvariantCulture, $"{n.Min:G6} to {n.Max:G6}, mean {n.Mean:G4} ± {n.Deviation:G4}")
        : string.Join("  ", column.Top.Select(t =>
            string.Create(CultureInfo.InvariantCulture, $"{PrintableText.Short(t.Token, LongestToken)} ×{t.Count:N0}")));
}
