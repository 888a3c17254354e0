using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Experiments.Files;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Experiments.Updating;
using Consort.Learning.Runs;
using Consort.Learning.Training;
using Consort.Studies.Tracking;

namespace Consort.Cli.Commands;

/// <summary>Runs an experiment file, from raw rows to a report.</summary>
internal sealed class TrainCommand : ExampleCommand
{
    private readonly Argument<string> _experiment = new("EXPERIMENT") { Description = "The experiment file (YAML)." };
    private readonly Option<string?> _data =
        Shared.Text("--data", "DIR", "Folder that the experiment's data files lie in; its own folder unless given.");
    private readonly Option<string?> _out =
        Shared.Text("--out", "DIR", "Folder of the run; runs/<experiment>-seed<N> unless given.", alias: "-o");
    private readonly Option<long?> _seed = Shared.NumberOrNone<long>("--seed", "Seed, in place of the one in the file.", 0, long.MaxValue);
    private readonly Option<string?> _precision =
        Shared.Text("--precision", "NAME", "Operands of matrix multiplies, fp32 or bf16, in place of what the file says.");
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<bool> _resume = Shared.Flag("--resume", "Go on from the checkpoint that a stopped run has left.");
    private readonly RankFlags _ranks = new();
    private readonly Option<bool> _ignoreMemory =
        Shared.Flag("--ignore-memory", "Train even where a step seems to need more memory than is free.");
    private readonly Option<string?> _mlflow =
        Shared.Text("--mlflow", "URL", "Also record the run with an MLflow server while it is trained: parameters, metrics, results.");
    private readonly Option<string> _mlflowExperiment =
        Shared.TextOr("--mlflow-experiment", "NAME", "What the server calls runs that belong together.", "consort");
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public TrainCommand(Terminal terminal) : base(
        "train", "Train a family of models as an experiment file says, and measure it.", terminal,
        "train configs/frappe_x1/DeepFM.yaml --data data/frappe_x1 --seed 7 --json result.json",
        "train configs/mutual.yaml --data data --out runs/mutual --resume")
    {
        Take([_experiment, _data, _out, _seed, _precision, _threads, _resume, .. _ranks.All, _ignoreMemory, _mlflow, _mlflowExperiment,
            _json, _quiet]);
    }

    protected override int Run(ParseResult arguments)
    {
        var ranks = RankFlags.Join();
        var json = ranks is { Rank: > 0 } ? null : arguments.GetValue(_json);
        JsonFile.Check(json);
        var sharing = _ranks.Read(arguments, ranks);
        var path = arguments.GetRequiredValue(_experiment);
        Shared.RequireFolder(arguments.GetValue(_data));
        var daily = DailyExperiment.Load(path, arguments.GetValue(_data), (ulong?)arguments.GetValue(_seed),
            Shared.PrecisionOf(arguments.GetValue(_precision)), Shared.Catalogues);
        var experiment = daily.First;
        Output.CheckApart("--json", json,
            [path, .. experiment.Data?.Split?.Files ?? [], .. daily.Phases.SelectMany(p => p.Days).SelectMany(d => d.Data)]);
        Shared.NotePrecision(Terminal, experiment.Training.Precision);
        var folder = arguments.GetValue(_out) ?? DefaultFolder(path, experiment.Training.Seed);
        var quiet = arguments.GetValue(_quiet);
        IProgress<TrainingProgress>? progress = quiet ? null : new TrainingLine(Terminal.Status);
        var first = daily.Phases.Count == 0 ? folder : DailyRunner.FirstOf(folder);
        using var tracker = ServerOf(arguments.GetValue(_mlflow)) is not { } server || ranks is { Rank: > 0 } ? null : new MlflowTracker(
            server, arguments.GetRequiredValue(_mlflowExperiment), folder, line => Shared.Notice(Terminal, line), progress,
            daysOf: daily.Phases.Count > 0 ? path : null);
        var request = new RunRequest(
            experiment, folder, arguments.GetValue(_threads), arguments.GetValue(_resume),
            quiet ? null : new EncodingLine(Terminal.Status),
            tracker ?? progress)
        {
            Ranks = ranks,
            ShardTables = sharing.ShardTables,
            Wire = sharing.Wire,
            OverlapsExchange = sharing.Overlaps,
            IgnoreMemory = arguments.GetValue(_ignoreMemory),
            Notice = line => Shared.Notice(Terminal, line),
        };
        Terminal.StopWithin(Shared.TimeToSave);
        RunResult? result;
        DailyResult? days = null;
        try
        {
            if (daily.Phases.Count > 0)
                days = DailyRunner.Run(request, daily.Phases, Terminal.Cancellation);
            result = days is null ? ExperimentRunner.Run(request, Terminal.Cancellation) : days.First;
            tracker?.End(isStopped: false);
        }
        catch (ConsortException e) when (e.IsOfAllRanks)
        {
            RankedProcess.LeaveTogether();
            throw;
        }
        catch (OperationCanceledException) when (ranks is not null || Terminal.Cancellation.IsCancellationRequested)
        {
            tracker?.End(isStopped: true);
            Terminal.Status.Clear();
            Terminal.Error.WriteLine($"stopped; go on with: {Resume(arguments)}");
            return CommandLine.Stopped;
        }

        if (ranks is { Rank: > 0 })
            return CommandLine.Success;

        if (days is null)
            JsonFile.WriteText(json, Metrics(result!));
        if (result is not null)
            Show(experiment, first, result, next: days is { Days.Count: > 0 } ? null : folder);
        if (days is not null)
            Show(days, folder, json, arguments.GetValue(_threads));
        return CommandLine.Success;
    }

    private static string Metrics(RunResult result) => result.HadFinished
        ? File.ReadAllText(new RunFolder(result.Folder).Metrics) : TrainMetrics.ToJson(result.Training);

    private void Show(DailyResult days, string folder, string? json, int threads)
    {
        Terminal.Status.Clear();
        var calibration = days.Days.Count == 0 ? null
            : CalibrationChoice.Of(days.Newest, threads, Terminal.Cancellation, Shared.Catalogues);
        JsonFile.Write(json, new Dictionary<string, object?>
        {
            ["first"] = JsonNode.Parse(File.ReadAllText(new RunFolder(DailyRunner.FirstOf(folder)).Metrics)),
            ["days"] = DayTable.Json(days.Days),
            ["calibration"] = calibration,
        });
        if (days.Days.Count > 0)
            DayTable.Show(Terminal, days.Days, Path.TrimEndingDirectorySeparator(folder), calibration);
        else
            Terminal.Output.WriteLine($"days         no new ones: {folder} stands for {days.Newest}");
    }

    // The folder's name goes along, for many a dataset has its DeepFM.yaml.
    private static string DefaultFolder(string experiment, ulong seed)
    {
        var group = Path.GetFileName(Path.GetDirectoryName(experiment));
        var name = Path.GetFileNameWithoutExtension(experiment);
        if (!string.IsNullOrEmpty(group) && group is not ("configs" or "." or ".."))
            name = $"{group}-{name}";
        return Path.Combine("runs", string.Create(CultureInfo.InvariantCulture, $"{name}-seed{seed}"));
    }

    private void Show(Experiment experiment, string folder, RunResult result, string? next)
    {
        Terminal.Status.Clear();
        var (training, run) = (result.Training, new RunFolder(result.Folder));
        Terminal.Show(Tables.OfRun(training, [.. experiment.Family.Members.Select(m => m.Name)]));
        if (RunReport.GroupsOf((training.Test ?? training.Valid).Metrics.Ensemble) is { } groups)
            Terminal.Output.WriteLine(groups);
        var shown = Path.TrimEndingDirectorySeparator(folder);
        var best = run.FinalCheckpoint(experiment.Phases.Select(p => p.Name));
        var output = Terminal.Output;
        output.WriteLine(result.HadFinished
            ? "the run has finished before: nothing was trained, and its files are as they were" : string.Create(
            CultureInfo.InvariantCulture,
            $"{training.Parameters:N0} parameters, {training.RowsPerSecond:N0} training rows/s, {Pace.Time(training.Seconds)}, peak memory {training.PeakMemoryBytes / 1048576.0:N0} MB"));
        if (training.Wire is { } wire)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"ranks        {training.Ranks}; in a step each sends {wire.BytesPerStep / 1048576.0:N2} MB in {wire.CallsPerStep:N0} exchanges and {1000 * wire.SecondsPerStep:N1} ms"));
        if (!result.HadFinished && training.Memory is { } memory)
            output.WriteLine($"memory       {Memory(memory)}");
        output.WriteLine($"report       {Path.Combine(shown, Path.GetRelativePath(run.Path, run.Report))}");
        output.WriteLine($"checkpoint   {Path.Combine(shown, Path.GetRelativePath(run.Path, best))}");
        if (next is null) // the days' table says it
            return;
        shown = Path.TrimEndingDirectorySeparator(next);
        output.WriteLine($"next         {Terminal.Command} evaluate {Shell.Quote(shown)} --data FILE");
        output.WriteLine($"             {Terminal.Command} predict {Shell.Quote(shown)} --data FILE --out probabilities.txt");
        if (training.Ship is { } member)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"             {Terminal.Command} pack {Shell.Quote(shown)} -o model.consort --member best: member {member}, chosen on the validation rows"));
    }

    private static string Memory(MemoryUse memory) => string.Join(", ", memory.Parts.Append(("rest", memory.Rest))
        .Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Item1} {p.Item2 / 1048576.0:N0}"))) + " MB";

    private static Uri? ServerOf(string? url) => url is null ? null
        : Uri.TryCreate(url, UriKind.Absolute, out var server) && server.Scheme is "http" or "https" ? server
        : throw new ConsortException($"--mlflow: found \"{url}\", expected the address of a server such as http://localhost:5000");

    // What the user typed, so that it can be pasted.
    private string Resume(ParseResult arguments)
    {
        var words = arguments.Tokens.Select(t => t.Value).Where(w => w != _resume.Name);
        return string.Join(' ', words.Prepend(Terminal.Command).Append(_resume.Name).Select(Shell.Quote));
    }
}
