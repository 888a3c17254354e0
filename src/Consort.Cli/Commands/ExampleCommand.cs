using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Consort.Cli.Terminals;

namespace Consort.Cli.Commands;

/// <summary>A command with examples in its help.</summary>
internal abstract class ExampleCommand : Command
{
    protected ExampleCommand(string name, string description, Terminal terminal, params string[] examples)
        : base(name, description)
    {
        (Terminal, Examples) = (terminal, examples);
        SetAction(Run);
    }

    /// <summary>Command lines without the program's name.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>Where it writes to.</summary>
    protected Terminal Terminal { get; }

    /// <summary>Adds arguments and options, in the order in which help lists them.</summary>
    protected void Take(params IEnumerable<Symbol> symbols)
    {
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
                Add(argument);
            else
                Add((Option)symbol);
        }
    }

    /// <summary>Runs it; mistakes of the user are thrown.</summary>
    /// <returns>The exit code.</returns>
    protected abstract int Run(ParseResult arguments);
}

/// <summary>Help that ends with the command's examples.</summary>
internal sealed class ExampleHelp(HelpAction inner, string program) : SynchronousCommandLineAction
{
    private const string Beginning = "demo";

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        inner.MaxWidth = 100;
        var code = inner.Invoke(parseResult);
        var examples = parseResult.CommandResult.Command switch
        {
            ExampleCommand command => command.Examples,
            RootCommand root => root.Subcommands.Any(c => c.Name == Beginning) ? [Beginning, "train --help"] : ["train --help"],
            var group => group.Subcommands.OfType<ExampleCommand>().SelectMany(c => c.Examples.Take(1)).ToArray(),
        };
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
        foreach (var example in examples)
            output.WriteLine($"  {program} {example}");
        output.WriteLine();
        return code;
    }
}
