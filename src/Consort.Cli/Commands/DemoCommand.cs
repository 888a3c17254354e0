using System.CommandLine;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Data.Datasets;
using Consort.Experiments.Demo;
using Consort.Learning.Training;

namespace Consort.Cli.Commands;

/// <summary>Walks the whole path once, on clicks whose truth is known.</summary>
internal sealed class DemoCommand : ExampleCommand
{
    private readonly Option<string> _out = Shared.TextOr("--out", "DIR", "Where everything goes: raw rows, experiment files, runs, report.",
        Path.Combine("runs", "demo"), alias: "-o");
    private readonly Option<long> _rows =
        Shared.Number<long>("--rows", "Synthetic impressions.", DemoOptions.DefaultRows, 1000, 100_000_000);
    private readonly Option<long> _seed = Shared.Number<long>("--seed", "Seed of clicks and training.", 1, 0, long.MaxValue);
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public DemoCommand(Terminal terminal) : base(
        "demo", "Show the whole path on synthetic clicks: models alone, teaching each other, and as ensembles.", terminal,
        "demo", "demo --rows 1000000 --out runs/big-demo --json demo.json")
    {
        Take(_out, _rows, _seed, _threads, _json, _quiet);
    }

    protected override int Run(ParseResult arguments)
    {
        var json = arguments.GetValue(_json);
        JsonFile.Check(json);
        var folder = arguments.GetRequiredValue(_out);
        var options = new DemoOptions(folder, arguments.GetValue(_rows), arguments.GetValue(_threads), (ulong)arguments.GetValue(_seed));
        var progress = arguments.GetValue(_quiet) ? null : new Progress(Terminal.Status, options.Rows);
        Terminal.StopWithin(Shared.TimeToSave);
        var result = DemoRun.Run(options, progress, Terminal.Cancellation);
        Terminal.Status.Clear();
        JsonFile.WriteText(json, result.ToJson());
        Show(result, Path.TrimEndingDirectorySeparator(folder));
        return CommandLine.Success;
    }

    private void Show(DemoResult result, string folder)
    {
        Terminal.Show(result.Table);
        var (output, program) = (Terminal.Output, Terminal.Command);
        output.WriteLine("Measured on the test split; intervals are of 95 % over its rows. RelaImp is against the mean AUC of the four models on their own.");
        output.WriteLine($"time         {Pace.Time(result.Seconds)}");
        output.WriteLine($"report       {Path.Combine(folder, Path.GetFileName(result.Report))}");
        output.WriteLine($"checkpoints  {Path.Combine(folder, "runs", "*", "checkpoints")}");
        output.WriteLine("next");
        output.WriteLine($"  {program} pack {Shell.Quote(Path.Combine(folder, "runs", "taught"))} --out model.consort");
        output.WriteLine($"  {program} train {Shell.Quote(Path.Combine(folder, "kdef.yaml"))} --seed 2");
        output.WriteLine("with your own clicks: a schema and an experiment (docs/own-clicks.md), four seeds of it, then one model that they teach");
        output.WriteLine($"  {program} train mine.yaml --seed 1 --out runs/mine-1");
        output.WriteLine($"  {program} distil runs/mine-1 runs/mine-2 runs/mine-3 runs/mine-4 --model {result.Taught.Name} --alone");
        foreach (var finding in result.Findings)
            output.WriteLine(finding);
    }

    private sealed class Progress(StatusLine line, long rows) : IDemoProgress
    {
        public IProgress<long>? Rows { get; } = new CountLine(line, "writing", "rows", rows);

        public IProgress<EncodeProgress>? Encoding { get; } = new EncodingLine(line);

        public IProgress<TrainingProgress>? Training { get; } = new TrainingLine(line);

        public void Begin(string part) => line.Keep(part);
    }
}
