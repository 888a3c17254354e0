using System.CommandLine;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Studies.Recipes;

namespace Consort.Cli.Commands;

/// <summary>Lists the published tables that can be made again.</summary>
internal sealed class RecipeListCommand(Terminal terminal)
    : ExampleCommand("list", "List the recipes: published tables that can be made again.", terminal, "recipe list")
{
    protected override int Run(ParseResult arguments)
    {
        var table = Tables.List("recipe", "what it shows", "source");
        foreach (var recipe in RecipeCatalogue.Entries)
            table.Add(recipe.Name, recipe.Summary, recipe.Source);
        Terminal.Show(table);
        return CommandLine.Success;
    }
}
