using System.CommandLine;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Experiments.Updating;
using Consort.Foundation.Options;
using Consort.Studies.Search;

namespace Consort.Cli.Commands;

/// <summary>Searches an experiment's options within a time.</summary>
internal sealed class TuneCommand : ExampleCommand
{
    private const double UsualMinutes = 60;

    private readonly Argument<string> _experiment =
        new("EXPERIMENT") { Description = "The experiment file (YAML) that the search starts from." };
    private readonly Option<string?> _data =
        Shared.Text("--data", "DIR", "Folder that the experiment's data files lie in; its own folder unless given.");
    private readonly Option<string?> _out =
        Shared.Text("--out", "DIR", "Folder of the search; runs/tune-<experiment> unless given.", alias: "-o");
    private readonly Option<double?> _minutes = Shared.NumberOrNone<double>(
        "--minutes", "Minutes that all of it may take, about; 60 unless given here or limited by --trials.", 0.01, 1e6, help: "NUMBER");
    private readonly Option<int?> _trials = Shared.NumberOrNone<int>("--trials", "The most settings that are tried.", 1, 100_000);
    private readonly Option<int?> _epochs =
        Shared.NumberOrNone<int>("--epochs", "The most epochs of a run; the experiment's unless given, and no more than 27.", 1, 100_000);
    private readonly Option<int> _finalists =
        Shared.Number<int>("--finalists", "The best of the search that are trained anew beside the start.", 3, 1, 100);
    private readonly Option<int> _seeds = Shared.Number<int>("--seeds", "Seeds of each of these.", 3, 1, 100);
    private readonly Option<long> _seed = Shared.Number<long>("--seed", "Of the draws; the experiment has its own.", 1, 0, long.MaxValue);
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<int> _jobs = Shared.Number<int>("--jobs", "Runs side by side, which share the threads.", 1, 1, 1024);
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public TuneCommand(Terminal terminal) : base(
        "tune", "Search an experiment's options within a time; a stopped search goes on.", terminal,
        "tune configs/frappe_x1/DeepFM.yaml --data data/frappe_x1 --minutes 30",
        "tune experiment.yaml --trials 50 --jobs 2 --out runs/tuned")
    {
        Take(_experiment, _data, _out, _minutes, _trials, _epochs, _finalists, _seeds, _seed, _threads, _jobs, _json, _quiet);
    }

    protected override int Run(ParseResult arguments)
    {
        var json = arguments.GetValue(_json);
        JsonFile.Check(json);
        Terminal.AfterStop = "the same call goes on from there";
        var path = arguments.GetRequiredValue(_experiment);
        Shared.RequireFolder(arguments.GetValue(_data));
        var experiment = DailyExperiment.Load(path, arguments.GetValue(_data), catalogues: Shared.Catalogues).First;
        Output.CheckApart("--json", json, [path, .. experiment.Data?.Split?.Files ?? []]);
        var (threads, jobs, trials) = (arguments.GetValue(_threads), arguments.GetValue(_jobs), arguments.GetValue(_trials));
        if (jobs > threads)
            throw new ConsortException($"--jobs {jobs}: found more than the {threads} threads that they share, expected at most as many");
        var quiet = arguments.GetValue(_quiet);
        Terminal.StopWithin(Shared.TimeToSave);
        var result = TuneRun.Run(new TuneRequest(experiment, OptionTree.Load(path).Find("search"),
            arguments.GetValue(_out) ?? Path.Combine("runs", $"tune-{Path.GetFileNameWithoutExtension(path)}"), threads)
        {
            Minutes = arguments.GetValue(_minutes) ?? (trials is null ? UsualMinutes : null),
            Trials = trials,
            Jobs = jobs,
            Finalists = arguments.GetValue(_finalists),
            Seeds = arguments.GetValue(_seeds),
            Epochs = arguments.GetValue(_epochs),
            Seed = (ulong)arguments.GetValue(_seed),
            Encoding = quiet ? null : new EncodingLine(Terminal.Status),
            Progress = quiet ? null : line => Terminal.Status.Keep(line),
            Notice = line => Shared.Notice(Terminal, line),
        }, Terminal.Cancellation);
        Terminal.Status.Clear();
        JsonFile.Write(json, result);
        Show(result, path, arguments.GetValue(_data));
        return CommandLine.Success;
    }

    private void Show(TuneResult result, string start, string? data)
    {
        SearchText.Show(Terminal, result);
        // Nothing is changed for what may be luck.
        var isBetter = result.Best != result.Start && result.Auc is { Low: > 0 };
        Terminal.Output.WriteLine(isBetter ? $"next         {Terminal.Command} train {Shell.Quote(result.BestFile)}"
            : $"next         keep the start, {Terminal.Command} train {Shell.Quote(start)}{(data is null ? "" : $" --data {Shell.Quote(data)}")}, or search on: the same call with more --minutes or --trials");
    }
}
