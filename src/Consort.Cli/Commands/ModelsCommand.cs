using System.CommandLine;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Foundation.Tables;
using Consort.Models;

namespace Consort.Cli.Commands;

/// <summary>Lists the models that an experiment can name.</summary>
internal sealed class ModelsCommand : ExampleCommand
{
    private readonly Option<string?> _json = Shared.Json();

    public ModelsCommand(Terminal terminal) : base("models", "List the models that an experiment can name.", terminal, "models") => Add(_json);

    protected override int Run(ParseResult arguments)
    {
        var table = ResultTable.Of(
            ModelCatalogue.Entries, new("model", e => e.Name, Key: "name"), new("what it is", e => e.Summary, Key: "summary") { IsProse = true },
            new("source", e => e.Source, Key: "source") { IsProse = true }, new("its keys", e => e.Keys, Key: "keys") { IsProse = true });
        Terminal.Show(table);
        JsonFile.Write(arguments.GetValue(_json), JsonTable.Of(table));
        return CommandLine.Success;
    }
}
