using Consort.Studies.Recipes.Kdef;
using Consort.Studies.Recipes.Mutual;
using Consort.Studies.Recipes.Strategies;

namespace Consort.Studies.Recipes;

/// <summary>All recipes. Adding one is a file below this folder and a line here.</summary>
public static class RecipeCatalogue
{
    /// <summary>The recipes, in the order in which they are listed.</summary>
    public static IReadOnlyList<Recipe> Entries { get; } =
    [
        new BarsFrappe(),
        new MutualTable1(),
        new MutualTable2(),
        new MutualTable3(),
        new MutualTable4(),
        new KdefScaling(),
        new KdefMixed(),
        new KdefAblation(),
        new AllStrategies(),
    ];
}
