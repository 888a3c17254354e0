using System.CommandLine;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Data.Datasets;
using Consort.Experiments.Demo;
using Consort.Foundation.Numbers;
using Consort.Learning.Training;

namespace Consort.Cli.Commands;

/// <summary>Walks the whole path once, on clicks whose truth is known.</summary>
internal sealed class DemoCommand : ExampleCommand
{
    private readonly Option<string> _out = new("--out", "-o")
    {
        Description = "Where everything goes: raw rows, experiment files, runs, report.",
        HelpName = "DIR",
        DefaultValueFactory = _ => Path.Combine("runs", "demo"),
    };

    private readonly Option<long> _rows = new Option<long>("--rows")
    {
        Description = "Synthetic impressions.",
        HelpName = "N",
        DefaultValueFactory = _ => DemoOptions.DefaultRows,
    }.Within(1000, 100_000_000);

    private readonly Option<long> _seed = new Option<long>("--seed")
    {
        Description = "Seed of clicks and training.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    }.Within(0, long.MaxValue);

    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public DemoCommand(Terminal terminal) : base(
        "demo", "Show the whole path on synthetic clicks: models alone, teaching each other, and as ensembles.", terminal,
        "demo", "demo --rows 1000000 --out runs/big-demo --json demo.json")
    {
        foreach (var option in new Option[] { _out, _rows, _seed, _threads, _json, _quiet })
            Add(option);
    }

    protected override int Run(ParseResult arguments)
    {
        var json = arguments.GetValue(_json);
        JsonFile.Check(json);
        var folder = arguments.GetRequiredValue(_out);
        var options = new DemoOptions(
            folder, arguments.GetValue(_rows), arguments.GetValue(_threads), (ulong)arguments.GetValue(_seed));
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
        var table = Tables.New(2, "family", "strategy", "AUC", "log-loss", "RelaImp", "members' AUC");
        foreach (var row in result.Results)
        {
            var members = row.Members == 1 ? "" : string.Join(' ', row.MemberAuc.Select(a => a.ToString("F4", ShownNumbers.Culture)));
            var gain = row.RelaImp.ToString("+0.00;-0.00;0.00", ShownNumbers.Culture) + " %";
            table.Add(row.Name, row.Strategy, Tables.Six(row.Auc), Tables.Six(row.LogLoss), gain, members);
        }

        table.AddBold("planted truth", "best reachable", Tables.Six(result.Ceiling.Auc), Tables.Six(result.Ceiling.LogLoss), "", "");
        Terminal.Show(table);
        var (output, program) = (Terminal.Output, Terminal.Command);
        output.WriteLine("Measured on the test split. RelaImp is against the mean AUC of the four models on their own.");
        output.WriteLine($"time         {Pace.Time(result.Seconds)}");
        output.WriteLine($"report       {Path.Combine(folder, Path.GetFileName(result.Report))}");
        output.WriteLine($"checkpoints  {Path.Combine(folder, "runs", "*", "checkpoints")}");
        output.WriteLine("next");
        output.WriteLine($"  {program} evaluate {Shell.Quote(Path.Combine(folder, "runs", "kdef"))} --data {Shell.Quote(Path.Combine(folder, "clicks.tsv"))}");
        output.WriteLine($"  {program} train {Shell.Quote(Path.Combine(folder, "kdef.yaml"))} --seed 2");
        output.WriteLine($"  {program} train --help");
    }

    private sealed class Progress(StatusLine line, long rows) : IDemoProgress
    {
        public IProgress<long>? Rows { get; } = new CountLine(line, "writing", "rows", rows);

        public IProgress<EncodeProgress>? Encoding { get; } = new EncodingLine(line);

        public IProgress<TrainingProgress>? Training { get; } = new TrainingLine(line);

        public void Begin(string part) => line.Keep(part);
    }
}
