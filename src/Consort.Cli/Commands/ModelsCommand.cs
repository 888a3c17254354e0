using System.CommandLine;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Models;

namespace Consort.Cli.Commands;

/// <summary>Lists the models that an experiment can name.</summary>
internal sealed class ModelsCommand : ExampleCommand
{
    private readonly Option<string?> _json = Shared.Json();

    public ModelsCommand(Terminal terminal) : base("models", "List the models that an experiment can name.", terminal, "models") => Add(_json);

    protected override int Run(ParseResult arguments)
    {
        var table = Tables.List("model", "what it is", "source", "its keys");
        foreach (var entry in ModelCatalogue.Entries)
            table.Add(entry.Name, entry.Summary, entry.Source, entry.Keys);
        Terminal.Show(table);
        JsonFile.Write(arguments.GetValue(_json), ModelCatalogue.Entries.Select(e => new Dictionary<string, string>
        {
            ["name"] = e.Name,
            ["summary"] = e.Summary,
            ["source"] = e.Source,
            ["keys"] = e.Keys,
        }));
        return CommandLine.Success;
    }
}
