using System.CommandLine;
using System.Globalization;
using System.Text;
using Consort.Cli.Predictions;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Data.Schemas;
using Consort.Experiments.Running;
using Consort.Foundation.Options;

namespace Consort.Cli.Commands;

/// <summary>Writes the click probability of each raw row.</summary>
internal sealed class PredictCommand : ExampleCommand
{
    private static readonly string[] Formats = ["text", "csv", "parquet"];

    private readonly Argument<string?> _run = new("RUN")
    {
        Description = "The folder of a run; left out with --package.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<string?> _package =
        Shared.Text("--package", "FILE", "A package in place of a run; its probabilities are calibrated as it is.");
    private readonly Option<string[]> _data = Shared.Rows("--data", "Raw rows, with labels or without", isNeeded: true);
    private readonly Option<string> _out =
        Shared.Needed("--out", "FILE", "The probabilities, in the order of the rows; - writes to standard output.", alias: "-o");
    private readonly Option<string?> _format = Shared.Text("--format", "NAME",
        "text (a probability a line), csv or parquet (what is kept beside it); by the ending of --out unless given.");
    private readonly Option<string[]> _keep = new("--keep")
    {
        Description = "Columns of the rows to write beside the probabilities; those of kind id are in csv and parquet anyway.",
        HelpName = "COLUMN",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<bool> _members =
        Shared.Flag("--members", "After the ensemble's probability that of each member.");
    private readonly Option<string> _unknown = Shared.UnknownColumns();
    private readonly Option<string?> _phase = Shared.Phase();
    private readonly Option<bool> _last = Shared.Last();
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public PredictCommand(Terminal terminal) : base(
        "predict", "Write the click probability of each raw row.", terminal,
        "predict runs/DeepFM-seed1 --data new.csv --out probabilities.txt",
        "predict runs/kdef-seed1 --data new.csv --members --out - | head",
        "predict --package model.consort --data new.parquet --keep request_id --out scored.parquet")
    {
        Take(_run, _package, _data, _out, _format, _keep, _members, _unknown, _phase, _last, _threads, _quiet);
    }

    protected override int Run(ParseResult arguments)
    {
        var (data, target) = (Shared.Places(arguments.GetRequiredValue(_data)), arguments.GetRequiredValue(_out));
        if (Directory.Exists(target))
            throw new ConsortException($"--out {target}: found a folder, expected the name of a file, or - for standard output");
        var (run, package) = (arguments.GetValue(_run), arguments.GetValue(_package));
        if (run is null == package is null)
            throw new ConsortException("predict: expected either the folder of a run, or --package FILE");
        Output.CheckApart("--out", target, [.. data, run ?? package!]);
        var format = FormatOf(arguments, target);
        var progress = arguments.GetValue(_quiet) || Shared.BytesOf(data) is not (> 0 and var bytes)
            ? null
            : new CountLine(Terminal.Status, "predicting", "MB", bytes, scale: 1e6);
        using PredictionSource source = package is null ? OfRun(arguments, run!) : OfPackage(arguments, package);
        var rules = Shared.RowsOf(Terminal, arguments.GetValue(_unknown)) with { Keep = Kept(arguments, format, source.Schema) };
        long rows = 0;
        if (target == "-")
        {
            // A batch at a time: a reader who has gone is noticed, and nobody waits for what is there.
            var lines = new StringWriter(CultureInfo.InvariantCulture);
            using var file = new PredictionLines(lines, source.Names, format == PredictionFormat.Csv);
            source.Predict(data, rules, progress, (count, probabilities, kept) =>
            {
                file.Write(count, probabilities, kept);
                Terminal.Output.Write(lines.GetStringBuilder());
                lines.GetStringBuilder().Clear();
            }, Terminal.Cancellation);
            Terminal.Output.Flush();
            return CommandLine.Success;
        }

        Output.Write(target, stream =>
        {
            using var writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
            using PredictionFile file = format == PredictionFormat.Parquet
                ? new PredictionTable(stream, source.Names) : new PredictionLines(writer, source.Names, format == PredictionFormat.Csv);
            source.Predict(data, rules, progress, (count, probabilities, kept) =>
            {
                file.Write(count, probabilities, kept);
                rows += count;
            }, Terminal.Cancellation);
            file.Finish();
        }, Terminal.Cancellation);
        Terminal.Status.Clear();
        Terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows:N0} probabilities in {target}"));
        return CommandLine.Success;
    }

    private RunPredictions OfRun(ParseResult arguments, string run)
    {
        if (File.Exists(run))
            throw new ConsortException($"{run}: found a file, expected the folder of a run; where it is a package, name it by --package");
        var weights = Shared.WeightsOf(arguments.GetValue(_phase), arguments.GetValue(_last));
        var finished = new FinishedRun(run, arguments.GetValue(_threads), weights, Shared.Catalogues);
        Shared.NotePrecision(Terminal, finished.Experiment.Training.Precision);
        Shared.NoteUnfinished(Terminal, run, weights);
        return new RunPredictions(finished, arguments.GetValue(_members));
    }

    private PackagePredictions OfPackage(ParseResult arguments, string package)
    {
        var odd = arguments.GetValue(_members) ? "--members" : arguments.GetValue(_last) ? "--last"
            : arguments.GetValue(_phase) is null ? null : "--phase";
        return odd is null ? new PackagePredictions(package, Shared.Catalogues)
            : throw new ConsortException($"{odd}: belongs to a run; a package has the weights it was packed with, and gives one probability");
    }

    private PredictionFormat FormatOf(ParseResult arguments, string target)
    {
        var asked = arguments.GetValue(_format);
        if (asked is not null && !Formats.Contains(asked))
            throw new ConsortException($"--format: found \"{asked}\", expected {string.Join(", ", Formats)}{NearestWord.Hint(asked, Formats)}");
        var keeps = arguments.GetValue(_keep) is { Length: > 0 };
        if (asked == "text" && keeps)
            throw new ConsortException("--keep: found beside --format text, which has probabilities alone, expected csv or parquet");
        var format = PredictionFile.FormatOf(asked, target, keeps);
        return target != "-" || format != PredictionFormat.Parquet ? format
            : throw new ConsortException("--format parquet: expected --out FILE, for a table is no text to be read line by line");
    }

    // Those of kind id first, in the schema's order.
    private string[] Kept(ParseResult arguments, PredictionFormat format, Schema schema)
    {
        if (format == PredictionFormat.Text)
            return [];
        var ids = schema.Fields.Where(f => f.Kind == FieldKind.Id).Select(f => f.Name);
        string[] kept = [.. ids.Concat(arguments.GetValue(_keep) ?? []).Distinct()];
        return !kept.Contains("probability") ? kept
            : throw new ConsortException("--keep probability: two columns of the file would have this name; rename the rows' own");
    }
}
