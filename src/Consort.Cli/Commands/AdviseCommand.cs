using System.CommandLine;
using System.Text;
using Consort.Boosting;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Data.Profiles;
using Consort.Experiments.Drafts;
using Consort.Experiments.Files;
using Consort.Foundation.Files;
using Consort.Foundation.Tables;
using Consort.Studies.Advice;

namespace Consort.Cli.Commands;

/// <summary>Says what to ship of raw rows, after trying a ladder of models within a time.</summary>
internal sealed class AdviseCommand : ExampleCommand
{
    private readonly Argument<string[]> _rows = new("DATA")
    {
        Description = "Raw rows, as `consort init` takes them, or an experiment file (YAML) that names them.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<double> _minutes =
        Shared.Number<double>("--minutes", "Minutes that it may take, about.", 10, 0.01, 1e6, help: "NUMBER");
    private readonly Option<string?> _data = Shared.Text("--data", "DIR", "With an experiment file: folder that its data files lie in.");
    private readonly ProfileOptions _profile = new();
    private readonly Option<string?> _out =
        Shared.Text("--out", "DIR", "Folder of the runs; runs/advise-<data> unless given.", alias: "-o");
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public AdviseCommand(Terminal terminal) : base(
        "advise", "What should be shipped? Tries models, trees and a family within a time, and answers in five lines.", terminal,
        "advise clicks.csv --minutes 10", "advise experiment.yaml --data data --minutes 30")
    {
        Take([_rows, _minutes, _data, .. _profile.All, _out, _json, _quiet]);
    }

    protected override int Run(ParseResult arguments)
    {
        var json = arguments.GetValue(_json);
        JsonFile.Check(json);
        Terminal.AfterStop = "the same call goes on from there";
        var rows = arguments.GetRequiredValue(_rows);
        var folder = arguments.GetValue(_out)
            ?? Path.Combine("runs", $"advise-{Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(rows[0]))}");
        var quiet = arguments.GetValue(_quiet);
        Terminal.StopWithin(Shared.TimeToSave);
        var experiment = rows is [var file] && Path.GetExtension(file) is ".yaml" or ".yml"
            ? Experiment.Load(rows[0], arguments.GetValue(_data), catalogues: Shared.Catalogues)
            : Draft(arguments, rows, folder, quiet);
        var result = AdviceRun.Run(new AdviceRequest(experiment, folder, _profile.Threads(arguments), arguments.GetValue(_minutes))
        {
            Baseline = BoostedTrees.IsHere ? new LightGbmBaseline(new BoostingOptions()) : null,
            Encoding = quiet ? null : new EncodingLine(Terminal.Status),
            Progress = quiet ? null : line => Terminal.Status.Keep(line),
            Notice = line => Shared.Notice(Terminal, line),
        }, Terminal.Cancellation);
        Terminal.Status.Clear();
        JsonFile.Write(json, new
        {
            lines = result.Lines,
            best = result.Best,
            answers = result.Answers.ToDictionary(a => a.Key.Replace(' ', '_'), a => a.Value),
            left = result.Left,
        });
        Show(result);
        return CommandLine.Success;
    }

    // What `consort init` would write, once: an experiment that the user has edited since stays.
    private Experiment Draft(ParseResult arguments, string[] rows, string folder, bool quiet)
    {
        var (schemaFile, file) = (Path.Combine(folder, "schema.yaml"), Path.Combine(folder, "experiment.yaml"));
        if (!File.Exists(file))
        {
            var profile = DataProfile.Of(_profile.Read(arguments, Terminal, rows, quiet), Terminal.Cancellation);
            Terminal.Status.Clear();
            var draft = SchemaDraft.Of(profile);
            string[] head = ["Written by `consort advise`, as `consort init` writes it. Change what you know better: docs/data/schema.md"];
            Save(schemaFile, draft.ToYaml(head));
            Save(file, ExperimentDraft.ToYaml(profile, draft, "schema.yaml", folder, head));
        }

        return Experiment.Load(file, catalogues: Shared.Catalogues);

        static void Save(string path, string text) => SafeFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }

    private void Show(AdviceResult result)
    {
        Terminal.Show(ResultTable.Of(result.Lines, new("tried", l => l.Name), new("valid AUC", l => l.ValidAuc, "F5"),
            new("test AUC", l => l.Auc, "F5"), new("log-loss", l => l.LogLoss, "F5"),
            new($"beside {result.Best}", l => l.ToBest?.ToText("…") ?? "", ResultColumn.Right),
            new("µs a row", l => l.MicrosecondsPerRow, "F2"), new("s", l => l.Seconds, "F0"), new("", l => l.IsCut ? "cut short" : "")));
        if (result.Left.Count > 0)
            Terminal.Output.WriteLine($"no time for: {string.Join(", ", result.Left)}");
        foreach (var (question, answer) in result.Answers)
            Terminal.Output.WriteLine($"{question,-20} {answer}");
    }
}
