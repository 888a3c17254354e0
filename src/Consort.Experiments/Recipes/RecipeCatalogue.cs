namespace Consort.Experiments.Recipes;

/// <summary>All recipes. Adding one is a file beside this one and a line here.</summary>
public static class RecipeCatalogue
{
    /// <summary>The recipes, in the order in which they are listed.</summary>
    public static IReadOnlyList<Recipe> Entries { get; } =
    [
        new BarsFrappe(),
    ];
}
