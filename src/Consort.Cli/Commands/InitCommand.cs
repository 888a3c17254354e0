using System.CommandLine;
using System.Globalization;
using System.Text;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Data.Profiles;
using Consort.Data.Sources;
using Consort.Experiments.Drafts;
using Consort.Foundation.Files;
using Consort.Foundation.Tables;

namespace Consort.Cli.Commands;

/// <summary>Looks at raw rows and writes a schema and an experiment for them.</summary>
internal sealed class InitCommand : ExampleCommand
{
    private const string SchemaFile = "schema.yaml", ExperimentFile = "experiment.yaml", ReportFile = "report.html";
    private const int LongestName = 40;

    private readonly Argument<string[]> _data = new("DATA")
    {
        Description = "Raw rows: a file, a folder, a pattern, sql:QUERY, duckdb:FILE#TABLE, or several alike, such as train.csv test.csv.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly ProfileOptions _profile = new();
    private readonly Option<string> _out = Shared.TextOr("--out", "DIR", "Folder that schema.yaml and experiment.yaml are written to.",
        ".", alias: "-o");
    private readonly Option<bool> _force = Shared.Flag("--force", "Write over a schema.yaml and an experiment.yaml that are there.");
    private readonly Option<bool> _yes = Shared.Flag("--yes", "Train at once, and end with the report.", alias: "-y");
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public InitCommand(Terminal terminal) : base(
        "init", "Look at raw rows, say what each column is, and write a schema and an experiment for them.", terminal,
        "init clicks.csv", "init clicks.csv --label bought --out first --yes", "init train.csv test.csv --click \">50K\"")
    {
        Take([_data, .. _profile.All, _out, _force, _yes, _json, _quiet]);
    }

    protected override int Run(ParseResult arguments)
    {
        var json = arguments.GetValue(_json);
        JsonFile.Check(json);
        var (folder, quiet) = (arguments.GetRequiredValue(_out), arguments.GetValue(_quiet));
        string[] sources = [.. arguments.GetRequiredValue(_data)];
        string[] written = [Path.Combine(folder, SchemaFile), Path.Combine(folder, ExperimentFile)];
        var places = Shared.Places(sources).Where(SourcePlace.IsFile).ToArray();
        Output.CheckApart("--json", json, [.. places, .. written]);
        foreach (var file in written)
            Output.CheckApart("--out", file, places);
        // Told first: what is to be written matters little to who has named a wrong file.
        if (places.FirstOrDefault(p => FileFacts.Of(p).Kind == FileKind.None) is { } gone)
            throw new ConsortException($"{gone}: file not found");
        if (written.FirstOrDefault(File.Exists) is { } there && !arguments.GetValue(_force))
            throw new ConsortException($"{there}: is there already; --force writes over it, --out DIR writes to another folder");
        var profile = DataProfile.Of(_profile.Read(arguments, Terminal, sources, quiet), Terminal.Cancellation);
        Terminal.Status.Clear();
        var draft = SchemaDraft.Of(profile);
        string[] head = ["Written by `consort init`: what was seen stands behind each line. Change what you know better; all keys: docs/data/schema.md"];
        var schema = draft.ToYaml([.. head, ProfileTables.Headline(profile)]);
        var experiment = ExperimentDraft.ToYaml(profile, draft, SchemaFile, folder,
            ["Written by `consort init` for these rows, to begin with. All keys: docs/experiment.md; what to try next: docs/choosing.md"]);
        Save(written[0], schema);
        Save(written[1], experiment);
        JsonFile.Write(json, new
        {
            columns = draft.Columns.Select(c => new { name = c.Name, kind = c.Kind, why = c.Why }),
            schema = written[0],
            experiment = written[1],
            label = profile.Label!.Column,
            rows = profile.Rows,
        });
        Show(profile, draft, written);
        return arguments.GetValue(_yes) ? Train(folder, written[1], _profile.Threads(arguments), quiet) : Next(written[1]);
    }

    private void Show(DataProfile profile, SchemaDraft draft, string[] written)
    {
        Terminal.Output.WriteLine(ProfileTables.Headline(profile));
        Terminal.Show(ResultTable.Of(draft.Columns.Take(ProfileTables.MostColumns),
            new("column", c => PrintableText.Short(c.Name, LongestName)), new("kind", c => c.Kind),
            new("why", c => c.Why) { IsProse = true }));
        if (ProfileTables.Rest(profile) is { } rest)
            Terminal.Output.WriteLine($"{rest}: they stand in {written[0]}");
        foreach (var file in written)
            Terminal.Output.WriteLine($"written      {file}");
    }

    private int Next(string experiment)
    {
        Terminal.Output.WriteLine($"next         look into both, then: {Terminal.Command} train {Shell.Quote(experiment)}");
        return CommandLine.Success;
    }

    // The commands that the user would type.
    private int Train(string folder, string experiment, int threads, bool quiet)
    {
        var run = Path.Combine(folder, "runs", "first");
        for (var number = 2; Directory.Exists(run); number++)
            run = Path.Combine(folder, "runs", string.Create(CultureInfo.InvariantCulture, $"first-{number}"));
        string[] words = ["train", experiment, "--out", run, "--threads", threads.ToString(CultureInfo.InvariantCulture)];
        Terminal.Output.WriteLine();
        var code = CommandLine.Run(quiet ? [.. words, "--quiet"] : words, Terminal);
        if (code != CommandLine.Success)
            return code;
        Terminal.Output.WriteLine();
        return CommandLine.Run(["report", run, "--out", Path.Combine(folder, ReportFile)], Terminal);
    }

    private static void Save(string path, string text) => SafeFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
