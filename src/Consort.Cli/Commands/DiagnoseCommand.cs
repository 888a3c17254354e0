using System.CommandLine;
using System.Globalization;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Experiments.Running;
using Consort.Studies.Diagnostics;

namespace Consort.Cli.Commands;

/// <summary>Looks into finished runs: spectra, agreement of members, calibration.</summary>
internal sealed class DiagnoseCommand : ExampleCommand
{
    private readonly Argument<string[]> _runs =
        new("RUN") { Description = "The folder of a run; several are put side by side.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> _data =
        Shared.Text("--data", "FILE", "Raw rows with labels, or an encoded dataset; else the data of the run's own experiment.");
    private readonly Option<string?> _split =
        new Option<string?>("--split")
        {
            Description =
            "Rows of encoded data: test or valid; else test where there is one."
        }.AcceptOnlyFromAmong("test", "valid");
    private readonly Option<int> _rows = Shared.Number<int>("--rows", "Rows drawn for the spectra of layers.", DiagnosisRequest.DefaultRows,
        DiagnosisRequest.MinRows, DiagnosisRequest.MaxRows);
    private readonly Option<int> _train = Shared.Number<int>(
        "--train-rows", "Training rows drawn for their log-loss; 0 leaves training rows alone.", DiagnosisRequest.DefaultTrainRows, 0,
        DiagnosisRequest.MaxTrainRows);
    private readonly Option<int> _importance = Shared.Number<int>(
        "--importance", "Rows drawn for the importance of fields; 0 measures none.", 0, 0, DiagnosisRequest.MaxImportanceRows);
    private readonly Option<string[]> _together = new("--together")
    {
        Description = "Fields whose importance is also measured as one, with commas between; with --importance.",
        HelpName = "FIELD,FIELD",
    };

    private readonly Option<string?> _group = Shared.Text("--group", "FIELD", "Also AUC within the values of this categorical column.");
    private readonly Option<string?> _out =
        Shared.Text("--out", "DIR", "Folder of diagnosis.json and diagnosis.md, else the run's own; of several runs the folder of comparison.json and comparison.md.", alias: "-o");
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public DiagnoseCommand(Terminal terminal) : base(
        "diagnose", "Look into finished runs: spectra of layers, agreement of members, calibration.", terminal,
        "diagnose runs/kdef-seed1 --group user", "diagnose runs/mean-2 runs/mean-4 runs/mean-8 --out runs/scaling")
    {
        Take(_runs, _data, _split, _rows, _train, _importance, _together, _group, _out, _threads, _json, _quiet);
    }

    protected override int Run(ParseResult arguments)
    {
        var (json, target) = (arguments.GetValue(_json), arguments.GetValue(_out));
        JsonFile.Check(json);
        if (target is not null && File.Exists(target))
            throw new ConsortException($"--out {target}: found a file, expected a folder");
        var runs = arguments.GetRequiredValue(_runs);
        Output.CheckApart("--json", json, runs);
        var diagnoses = new List<Diagnosis>();
        foreach (var run in runs)
        {
            var request = new DiagnosisRequest(
                run, arguments.GetValue(_data), arguments.GetValue(_split), arguments.GetValue(_rows), arguments.GetValue(_group),
                arguments.GetValue(_threads))
            {
                Catalogues = Shared.Catalogues,
                TrainRows = arguments.GetValue(_train),
                ImportanceRows = arguments.GetValue(_importance),
                Together = [.. (arguments.GetValue(_together) ?? []).Select(t => t.Split(',', StringSplitOptions.TrimEntries))],
                Notice = line => Shared.Notice(Terminal, line),
            };
            var diagnosis = Diagnoser.Run(request, arguments.GetValue(_quiet) ? null : new Rows(Terminal.Status), Terminal.Cancellation);
            DiagnosisFolder.Write(runs.Length == 1 && target is not null ? target : run, diagnosis);
            diagnoses.Add(diagnosis);
            Terminal.Status.Clear();
        }

        if (diagnoses is [var only])
        {
            JsonFile.WriteText(json, DiagnosisFile.ToJson(only));
            Show(only, target ?? runs[0]);
            return CommandLine.Success;
        }

        var comparison = RunComparison.Of(diagnoses);
        if (target is not null)
            DiagnosisFolder.Write(target, comparison);
        JsonFile.WriteText(json, DiagnosisFile.ToJson(comparison));
        Terminal.Show(DiagnosisTables.OfRuns(comparison));
        foreach (var line in DiagnosisReport.TrainLines(comparison))
            Terminal.Output.WriteLine(line);
        if (comparison.Churn.Count > 0)
            Terminal.Show(DiagnosisTables.OfChurn(comparison));
        if (comparison.Fields.Count > 0)
            Terminal.Show(DiagnosisTables.OfFields(comparison));
        if (target is not null)
            Terminal.Output.WriteLine($"report       {Path.Combine(Path.TrimEndingDirectorySeparator(target), "comparison.md")}");
        return CommandLine.Success;
    }

    private void Show(Diagnosis diagnosis, string folder)
    {
        var data = diagnosis.Data;
        Terminal.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{diagnosis.Run} on {data.Source}: {data.Rows:N0} rows, {data.Clicks:N0} clicks; layers on {data.SampledRows:N0} rows"));
        Terminal.Show(DiagnosisTables.OfOutputs(diagnosis));
        if (diagnosis.Train is { } train)
            Terminal.Output.WriteLine($"members: {train.Explanation}");
        if (diagnosis.Ensemble.GroupAuc is { } grouped)
            Terminal.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"gAUC over {grouped.Groups:N0} groups: {grouped.Auc:F6}{RunReport.Within(grouped.Low, grouped.High)}; left out: {grouped.OneClassGroups:N0} groups of one class ({grouped.OneClassRows:N0} rows), {grouped.UngroupedRows:N0} rows without a known {grouped.Field}"));
        if (diagnosis.Importance is { } importance)
        {
            Terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"importance of fields on {importance.Rows:N0} rows"));
            Terminal.Show(ImportanceTables.OfFields(importance));
            if (importance.Pairs.Count > 0)
                Terminal.Show(ImportanceTables.OfPairs(importance));
            if (importance.Slices.Count > 0)
                Terminal.Show(ImportanceTables.OfSlices(importance));
        }

        if (diagnosis.Agreements.Count > 0)
            Terminal.Show(DiagnosisTables.OfAgreements(diagnosis));
        Terminal.Show(DiagnosisTables.OfLayers(diagnosis));
        Terminal.Output.WriteLine($"report       {Path.Combine(Path.TrimEndingDirectorySeparator(folder), DiagnosisReport.Name)}");
    }

    // The number of rows is not known beforehand.
    private sealed class Rows(StatusLine line) : IProgress<long>
    {
        private readonly Pace _pace = new();

        public void Report(long value)
        {
            if (line.IsInteractive && _pace.IsDue())
                line.Draw(string.Create(CultureInfo.InvariantCulture, $"diagnosing: {value:N0} rows"));
        }
    }
}
