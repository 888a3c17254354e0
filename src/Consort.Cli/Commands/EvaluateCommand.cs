using System.CommandLine;
using System.Globalization;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Experiments.Running;
using Consort.Experiments.Updating;
using Consort.Learning.Evaluation;

namespace Consort.Cli.Commands;

/// <summary>Measures a run on raw rows with labels.</summary>
internal sealed class EvaluateCommand : ExampleCommand
{
    private readonly Argument<string> _run = new("RUN") { Description = "The folder of a run." };
    private readonly Option<string[]> _data = Shared.Rows("--data", "Raw rows with labels", isNeeded: true);
    private readonly Option<string> _unknown = Shared.UnknownColumns();
    private readonly Option<string?> _phase = Shared.Phase();
    private readonly Option<bool> _last = Shared.Last();
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public EvaluateCommand(Terminal terminal) : base(
        "evaluate", "Measure a run on raw rows with labels: AUC, log-loss and calibration of members and ensemble.", terminal,
        "evaluate runs/DeepFM-seed1 --data test.csv --json metrics.json",
        "evaluate runs/mutual-seed1 --data test.csv --phase pretrain")
    {
        Take(_run, _data, _unknown, _phase, _last, _threads, _json, _quiet);
    }

    protected override int Run(ParseResult arguments)
    {
        var json = arguments.GetValue(_json);
        JsonFile.Check(json);
        var places = Shared.Places(arguments.GetRequiredValue(_data));
        Output.CheckApart("--json", json, [.. places, arguments.GetRequiredValue(_run)]);
        var weights = Shared.WeightsOf(arguments.GetValue(_phase), arguments.GetValue(_last));
        using var run = new FinishedRun(arguments.GetRequiredValue(_run), arguments.GetValue(_threads), weights, Shared.Catalogues);
        Shared.NotePrecision(Terminal, run.Experiment.Training.Precision);
        Shared.NoteUnfinished(Terminal, arguments.GetRequiredValue(_run), weights);
        foreach (var place in places)
            if (SeenRows.Words(run.Folder.Path, place) is { } own)
                Shared.Notice(Terminal, own);
        var progress = arguments.GetValue(_quiet) || Shared.BytesOf(places) is not (> 0 and var bytes)
            ? null
            : new CountLine(Terminal.Status, "evaluating", "MB", bytes, scale: 1e6);
        var rules = Shared.RowsOf(Terminal, arguments.GetValue(_unknown));
        var result = run.Measure(places, progress, Terminal.Cancellation, rules);
        Terminal.Status.Clear();
        var metrics = result.Metrics;
        var values = Json(metrics.Ensemble);
        values["weights"] = Path.GetFileNameWithoutExtension(run.Weights);
        values["members"] = metrics.Members.Select(Json);
        if (result.Ceiling is { } ceiling)
            values["ceiling"] = TrainMetrics.Of(ceiling);
        JsonFile.Write(json, values);
        Terminal.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{Shared.Show(places)}: {metrics.Ensemble.Rows:N0} rows, {metrics.Ensemble.Clicks:N0} clicks; weights: {Path.GetFileName(run.Weights)}{(UpdateRecord.Read(run.Folder.Path) is null ? "" : $" of {Path.GetFileName(run.Folder.Path)}")}"));
        if (OneClass(metrics.Ensemble) is { } sentence)
            Terminal.Output.WriteLine(sentence);
        Terminal.Show(Tables.OfSplit(result, [.. run.Experiment.Family.Members.Select(m => m.Name)]));
        if (RunReport.GroupsOf(metrics.Ensemble) is { } groups)
            Terminal.Output.WriteLine(groups);
        return CommandLine.Success;
    }

    private static string? OneClass(Metrics metrics) =>
        metrics.Clicks == 0 ? "without clicks there is no AUC and no ratio of predicted to observed clicks"
        : metrics.Clicks == metrics.Rows ? "without rows that were not clicked there is no AUC"
        : null;

    private static Dictionary<string, object> Json(Metrics metrics)
    {
        var json = TrainMetrics.Of(metrics, withError: true);
        if (metrics.Groups is { } groups)
            json["gauc_groups"] = groups;
        return json;
    }
}
