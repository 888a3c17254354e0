using System.CommandLine;
using Consort.Cli.Terminals;
using Consort.Foundation.Tables;
using Consort.Studies;

namespace Consort.Cli.Commands;

/// <summary>Lists the published tables that can be made again.</summary>
internal sealed class RecipeListCommand(Terminal terminal)
    : ExampleCommand("list", "List the recipes: published tables that can be made again.", terminal, "recipe list")
{
    protected override int Run(ParseResult arguments)
    {
        Terminal.Show(ResultTable.Of(
            RecipeCatalogue.Default.Entries, new("recipe", r => r.Name), new("what it shows", r => r.Summary) { IsProse = true },
            new("source", r => r.Source) { IsProse = true }));
        return CommandLine.Success;
    }
}
