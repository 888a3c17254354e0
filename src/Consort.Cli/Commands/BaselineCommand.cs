using System.CommandLine;
using System.Globalization;
using System.Text;
using Consort.Boosting;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Experiments.Files;
using Consort.Experiments.Statistics;
using Consort.Foundation.Numbers;
using Consort.Foundation.Tables;
using Consort.Studies.Baselines;
using Consort.Studies.Search;

namespace Consort.Cli.Commands;

/// <summary>Sets LightGBM beside models, on the same encoded rows.</summary>
internal sealed class BaselineCommand : ExampleCommand
{
    private const double UsualMinutes = 10;

    private readonly Argument<string> _experiment = new("EXPERIMENT") { Description = "The experiment file (YAML) that names the rows." };
    private readonly Option<string?> _data =
        Shared.Text("--data", "DIR", "Folder that the experiment's data files lie in; its own folder unless given.");
    private readonly Option<string[]> _against = new("--against")
    {
        Description = "Folders of finished runs on the same rows, which are compared with it.",
        HelpName = "RUN",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<int> _seeds = Shared.Number<int>("--seeds", "Seeds.", 3, 1, 100);
    private readonly DeclaredOptions<BoostingOptions> _options = new(BoostingOptions.Options);
    private readonly Option<string?> _teach = Shared.Text(
        "--teach", "FILE", "Write what it says of each training row, each row by trees that have not seen it, for students to learn from.");
    private readonly Option<string?> _logits =
        Shared.Text("--logits", "FILE", "Keep the logits of the test rows, as a run keeps its own (test.logits).");
    private readonly Option<bool> _tune =
        Shared.Flag("--tune", "First search how trees are grown, in the options that are not given; a stopped search goes on.");
    private readonly Option<double?> _minutes = Shared.NumberOrNone<double>(
        "--minutes", "Minutes that the search may take, about; 10 unless given here or limited by --trials.", 0.01, 1e6, help: "NUMBER");
    private readonly Option<int?> _trials = Shared.NumberOrNone<int>("--trials", "The most settings that are tried.", 1, 100_000);
    private readonly Option<long?> _seed =
        Shared.NumberOrNone<long>("--seed", "Of the draws of the search; 1 unless given.", 0, long.MaxValue);
    private readonly Option<string?> _out =
        Shared.Text("--out", "DIR", "Folder of the search; runs/baseline-<experiment> unless given.", alias: "-o");
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public BaselineCommand(Terminal terminal) : base(
        "baseline", "Boosted trees (LightGBM) on an experiment's rows, beside finished runs.", terminal,
        "baseline experiment.yaml --against runs/first runs/second",
        "baseline experiment.yaml --tune --minutes 10 --against runs/first",
        "baseline experiment.yaml --seeds 1 --teach trees.txt")
    {
        Take([_experiment, _data, _against, _seeds, .. _options.All, _tune, _minutes, _trials, _seed, _out, _teach, _logits, _threads,
            _json, _quiet]);
    }

    protected override int Run(ParseResult arguments)
    {
        var (json, teach, logits) = (arguments.GetValue(_json), arguments.GetValue(_teach), arguments.GetValue(_logits));
        JsonFile.Check(json);
        var path = arguments.GetRequiredValue(_experiment);
        Shared.RequireFolder(arguments.GetValue(_data));
        var experiment = Experiment.Load(path, arguments.GetValue(_data), catalogues: Shared.Catalogues);
        string[] read = [path, .. experiment.Data?.Split?.Files ?? []];
        foreach (var (option, file) in new[] { ("--json", json), ("--teach", teach), ("--logits", logits) })
            Output.CheckApart(option, file, read);
        var threads = arguments.GetValue(_threads);
        var baseline = new LightGbmBaseline(_options.Read(arguments), arguments.GetValue(_quiet) ? null : Terminal.Status);
        var search = Tuned(arguments, path, experiment, ref baseline);
        var result = BaselineStudy.Run(new BaselineRequest(baseline, experiment, threads)
        {
            Seeds = arguments.GetValue(_seeds),
            Against = arguments.GetValue(_against) ?? [],
            Logits = logits,
            Encoding = arguments.GetValue(_quiet) ? null : new EncodingLine(Terminal.Status),
            Notice = line => Shared.Notice(Terminal, line),
        }, Terminal.Cancellation);
        if (teach is not null)
            Teach(teach, experiment, baseline.Own, baseline.Latest!, (ulong)result.Seeds.Count, threads);
        Terminal.Status.Clear();
        JsonFile.Write(json, Json(result, search));
        if (search is not null)
            ShowSearch(search, baseline.Own);
        Show(result, teach);
        return CommandLine.Success;
    }

    private TuneResult? Tuned(ParseResult arguments, string path, Experiment experiment, ref LightGbmBaseline baseline)
    {
        if (!arguments.GetValue(_tune))
        {
            foreach (var option in new Option[] { _minutes, _trials, _seed, _out })
                if (arguments.GetResult(option) is { Implicit: false })
                    throw new ConsortException($"{option.Name}: found without --tune, expected both or neither");
            return null;
        }

        Terminal.AfterStop = "the same call goes on from there";
        var (trials, isQuiet) = (arguments.GetValue(_trials), arguments.GetValue(_quiet));
        var (best, result) = BaselineSearch.Run(new BaselineSearchRequest(baseline, experiment,
            arguments.GetValue(_out) ?? Path.Combine("runs", $"baseline-{Path.GetFileNameWithoutExtension(path)}"),
            arguments.GetValue(_threads))
        {
            Fixed = _options.Given(arguments),
            Minutes = arguments.GetValue(_minutes) ?? (trials is null ? UsualMinutes : null),
            Trials = trials,
            Seed = (ulong)(arguments.GetValue(_seed) ?? 1),
            Encoding = isQuiet ? null : new EncodingLine(Terminal.Status),
            Progress = isQuiet ? null : line => Terminal.Status.Keep(line),
            Notice = line => Shared.Notice(Terminal, line),
        }, Terminal.Cancellation);
        baseline = (LightGbmBaseline)best;
        return result;
    }

    private void ShowSearch(TuneResult search, BoostingOptions found)
    {
        SearchText.Show(Terminal, search);
        var usual = BoostingOptions.Options.Write(new BoostingOptions()).ToDictionary(o => o.Key, o => o.Value);
        var given = BoostingOptions.Options.Write(found).Where(o => usual[o.Key] != o.Value)
            .Select(o => $" --{o.Key.Replace('_', '-')} {o.Value}");
        Terminal.Output.WriteLine($"below        trees with all validation rows:{string.Concat(given)}");
    }

    private void Teach(string file, Experiment experiment, BoostingOptions options, BoostedScores latest, ulong seed, int threads)
    {
        using var dataset = experiment.Data!.Open(threads, null, Terminal.Cancellation).Dataset;
        var logits = BoostedTrees.OutOfFold(
            dataset, options with { Categories = latest.Categories }, latest.Trees, seed, threads, Terminal.Cancellation);
        Output.Write(file, stream =>
        {
            foreach (var logit in logits)
                stream.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{logit:R}\n")));
        });
    }

    private void Show(BaselineResult result, string? teach)
    {
        Terminal.Show(ResultTable.Of(result.Seeds, new("seed", s => (long)s.Seed, "F0"), new("made of", s => s.Setting),
            new("valid AUC", s => s.Valid.Auc, "F6"), new("test AUC", s => s.Test.Auc, "F6"), new("log-loss", s => s.Test.LogLoss, "F6"),
            new("predicted/observed", s => s.Test.Calibration, "F4"), new("s", s => s.Seconds, "F1")));
        Terminal.Output.WriteLine(string.Create(ShownNumbers.Culture,
            $"{result.Name}: test AUC {result.Auc.Mean:F6}{(result.Seeds.Count > 1 ? string.Create(ShownNumbers.Culture, $" (sd {result.Auc.Deviation:F6})") : "")}, log-loss {result.LogLoss.Mean:F6}"));
        if (result.Groups is { } groups && result.Runs.Count > 0)
            Terminal.Output.WriteLine(string.Create(ShownNumbers.Culture, $"intervals are over {groups:N0} groups of test rows"));
        if (result.Runs.Count > 0)
            Terminal.Show(ResultTable.Of(result.Runs, new("run", r => r.Run), new("test AUC", r => r.Auc, "F6"),
                new("log-loss", r => r.LogLoss, "F6"),
                new($"above {result.Name}", r => Interval(r.ToBaseline), ResultColumn.Right),
                new("log-loss below it", r => Interval(r.LogLossToBaseline?.Negated()), ResultColumn.Right),
                new("both averaged", r => r.Together, "F6"), new("above the run", r => Interval(r.TogetherToRun), ResultColumn.Right)));
        if (teach is not null)
            Terminal.Output.WriteLine($"teaches      teachers: [{{ predictions: {teach}, kind: logit }}]");
    }

    private static string Interval(Comparison? c) => c?.ToText("…") ?? ShownNumbers.None;

    private static object Json(BaselineResult result, TuneResult? search) => new
    {
        name = result.Name,
        auc = result.Auc.Mean,
        auc_deviation = result.Auc.Deviation,
        logloss = result.LogLoss.Mean,
        seeds = result.Seeds.Select(s => new
        {
            seed = s.Seed,
            setting = s.Setting,
            valid_auc = s.Valid.Auc,
            test_auc = s.Test.Auc,
            test_logloss = s.Test.LogLoss,
            calibration = s.Test.Calibration,
            seconds = s.Seconds,
        }),
        groups = result.Groups,
        runs = result.Runs,
        search,
    };
}
