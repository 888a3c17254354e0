using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using Consort.Cli.Terminals;

namespace Consort.Cli.Commands;

/// <summary>A command that <c>consort</c> knows.</summary>
/// <param name="Path">Its name, and that of its group before it: <c>data synth</c>.</param>
/// <param name="Create">Makes it for a terminal.</param>
internal sealed record CommandEntry(string Path, Func<Terminal, ExampleCommand> Create);

/// <summary>Commands that a user can type. Adding one is a file beside this one and a line here.</summary>
/// <param name="Entries">In the order in which help lists them.</param>
internal sealed record CommandCatalogue(IReadOnlyList<CommandEntry> Entries)
{
    /// <summary>The commands that come along.</summary>
    public static CommandCatalogue Default { get; } = new([
        new("demo", t => new DemoCommand(t)),
        new("init", t => new InitCommand(t)),
        new("train", t => new TrainCommand(t)),
        new("baseline", t => new BaselineCommand(t)),
        new("advise", t => new AdviseCommand(t)),
        new("tune", t => new TuneCommand(t)),
        new("update", t => new UpdateCommand(t)),
        new("plan", t => new PlanCommand(t)),
        new("distil", t => new DistilCommand(t)),
        new("evaluate", t => new EvaluateCommand(t)),
        new("predict", t => new PredictCommand(t)),
        new("diagnose", t => new DiagnoseCommand(t)),
        new("report", t => new ReportCommand(t)),
        new("pack", t => new PackCommand(t)),
        new("promote", t => new PromoteCommand(t)),
        new("drift", t => new DriftCommand(t)),
        new("export", t => new ExportCommand(t)),
        new("encode", t => new EncodeCommand(t)),
        new("data synth", t => new DataSynthCommand(t)),
        new("data candidates", t => new DataCandidatesCommand(t)),
        new("data describe", t => new DataDescribeCommand(t)),
        new("import fuxictr", t => new ImportFuxiCtrCommand(t)),
        new("models", t => new ModelsCommand(t)),
        new("strategies", t => new StrategiesCommand(t)),
        new("recipe list", t => new RecipeListCommand(t)),
        new("recipe run", t => new RecipeRunCommand(t)),
        new("serve", t => new ServeCommand(t)),
        new("bench", t => new BenchCommand(t)),
    ]);

    private static readonly Dictionary<string, string> Groups = new()
    {
        ["data"] = "Make and describe raw data.",
        ["import"] = "Take over experiments of other toolkits.",
        ["recipe"] = "Make published tables again.",
    };

    /// <summary>The command line with all commands.</summary>
    public RootCommand Root(Terminal terminal)
    {
        var root = new RootCommand("Consort: families of click-through-rate models that teach each other.");
        foreach (var entry in Entries)
        {
            Command parent = root;
            var words = entry.Path.Split(' ');
            foreach (var word in words[..^1])
                parent = Group(parent, word);
            parent.Add(entry.Create(terminal));
        }

        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExampleHelp((HelpAction)help.Action!, terminal.Command);
        root.Options.OfType<VersionOption>().Single().Action = new Version();
        return root;
    }

    private static Command Group(Command parent, string name)
    {
        if (parent.Subcommands.FirstOrDefault(c => c.Name == name) is { } known)
            return known;
        var group = new Command(name, Groups[name]);
        parent.Add(group);
        return group;
    }

    private sealed class Version : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var version = typeof(CommandCatalogue).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!;
            parseResult.InvocationConfiguration.Output.WriteLine(version.InformationalVersion);
            return CommandLine.Success;
        }
    }
}
