using System.CommandLine;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Learning.Strategies;

namespace Consort.Cli.Commands;

/// <summary>Lists the ways in which members can learn.</summary>
internal sealed class StrategiesCommand : ExampleCommand
{
    private readonly Option<string?> _json = Shared.Json();

    public StrategiesCommand(Terminal terminal)
        : base("strategies", "List the ways in which members learn, from labels and from each other.", terminal, "strategies") => Add(_json);

    protected override int Run(ParseResult arguments)
    {
        var table = Tables.List("strategy", "how members learn", "source");
        foreach (var entry in StrategyCatalogue.Entries)
            table.Add(entry.Name, entry.Summary, entry.Paper);
        Terminal.Show(table);
        JsonFile.Write(arguments.GetValue(_json), StrategyCatalogue.Entries.Select(e => new Dictionary<string, string>
        {
            ["name"] = e.Name,
            ["summary"] = e.Summary,
            ["source"] = e.Paper,
        }));
        return CommandLine.Success;
    }
}
