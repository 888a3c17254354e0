using System.CommandLine;
using System.Globalization;
using System.Text;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Experiments.Running;
using Consort.Learning.Strategies;

namespace Consort.Cli.Commands;

/// <summary>Writes the click probability of each raw row.</summary>
internal sealed class PredictCommand : ExampleCommand
{
    private readonly Argument<string> _run = new("RUN") { Description = "The folder of a run." };
    private readonly Option<string[]> _data = Shared.Rows("--data", "Raw rows, with labels or without", isNeeded: true);
    private readonly Option<string> _out =
        Shared.Needed("--out", "FILE", "One probability a line, in the order of the rows; - writes to standard output.", alias: "-o");
    private readonly Option<bool> _members =
        Shared.Flag("--members", "After the ensemble's probability that of each member, separated by tabs.");
    private readonly Option<string> _unknown = Shared.UnknownColumns();
    private readonly Option<string?> _phase = Shared.Phase();
    private readonly Option<bool> _last = Shared.Last();
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public PredictCommand(Terminal terminal) : base(
        "predict", "Write the click probability of each raw row.", terminal,
        "predict runs/DeepFM-seed1 --data new.csv --out probabilities.txt",
        "predict runs/kdef-seed1 --data new.csv --members --out - | head")
    {
        Take(_run, _data, _out, _members, _unknown, _phase, _last, _threads, _quiet);
    }

    protected override int Run(ParseResult arguments)
    {
        var (data, target) = (Shared.Places(arguments.GetRequiredValue(_data)), arguments.GetRequiredValue(_out));
        if (Directory.Exists(target))
            throw new ConsortException($"--out {target}: found a folder, expected the name of a file, or - for standard output");
        Output.CheckApart("--out", target, [.. data, arguments.GetRequiredValue(_run)]);
        var weights = Shared.WeightsOf(arguments.GetValue(_phase), arguments.GetValue(_last));
        using var run = new FinishedRun(arguments.GetRequiredValue(_run), arguments.GetValue(_threads), weights, Shared.Catalogues);
        Shared.NotePrecision(Terminal, run.Experiment.Training.Precision);
        Shared.NoteUnfinished(Terminal, arguments.GetRequiredValue(_run), weights);
        var progress = arguments.GetValue(_quiet) || Shared.BytesOf(data) is not (> 0 and var bytes)
            ? null
            : new CountLine(Terminal.Status, "predicting", "MB", bytes, scale: 1e6);
        var rules = Shared.RowsOf(Terminal, arguments.GetValue(_unknown));
        long rows = 0;
        if (target == "-")
        {
            // A batch at a time: a reader who has gone is noticed, and nobody waits for what is there.
            var lines = new StringWriter(CultureInfo.InvariantCulture);
            run.Predict(data, batch =>
            {
                Write(batch, lines, arguments.GetValue(_members));
                Terminal.Output.Write(lines.GetStringBuilder());
                lines.GetStringBuilder().Clear();
            }, progress, Terminal.Cancellation, rules);
            Terminal.Output.Flush();
        }
        else
        {
            Output.Write(target, stream =>
            {
                using var writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
                run.Predict(data, batch => rows += Write(batch, writer, arguments.GetValue(_members)), progress,
                    Terminal.Cancellation, rules);
            }, Terminal.Cancellation);
            Terminal.Status.Clear();
            Terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows:N0} probabilities in {target}"));
        }

        return CommandLine.Success;
    }

    private static int Write(BatchLogits batch, TextWriter writer, bool withMembers)
    {
        Span<char> text = stackalloc char[32];
        var ensemble = batch.EnsembleProbabilities();
        for (var row = 0; row < batch.Rows; row++)
        {
            writer.Write(Text(ensemble[row], text));
            for (var member = 0; member < batch.Members && withMembers; member++)
            {
                writer.Write('\t');
                writer.Write(Text(batch.Probabilities(member)[row], text));
            }

            writer.Write('\n');
        }

        return batch.Rows;
    }

    // Nine digits: what float32 weights can tell apart, also for probabilities near 0.
    private static ReadOnlySpan<char> Text(double probability, Span<char> text)
    {
        probability.TryFormat(text, out var length, "G9", CultureInfo.InvariantCulture);
        return text[..length];
    }
}
