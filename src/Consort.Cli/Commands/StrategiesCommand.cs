using System.CommandLine;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Foundation.Tables;
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
        var table = ResultTable.Of(
            StrategyCatalogue.Entries, new("strategy", e => e.Name, Key: "name"), new("how members learn", e => e.Summary, Key: "summary") { IsProse = true },
            new("source", e => e.Paper, Key: "source") { IsProse = true });
        Terminal.Show(table);
        JsonFile.Write(arguments.GetValue(_json), JsonTable.Of(table));
        return CommandLine.Success;
    }
}
