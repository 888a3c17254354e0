using Consort.Studies.Recipes;
using Consort.Studies.Recipes.Beside;
using Consort.Studies.Recipes.Bridging;
using Consort.Studies.Recipes.Daily;
using Consort.Studies.Recipes.Kdef;
using Consort.Studies.Recipes.Mutual;
using Consort.Studies.Recipes.Sequences;
using Consort.Studies.Recipes.Strategies;
using Consort.Studies.Recipes.Teaching;

namespace Consort.Studies;

/// <summary>Recipes that a user can name. Adding one is a file below <c>Recipes</c> and a line here.</summary>
/// <param name="Entries">In the order in which they are listed.</param>
internal sealed record RecipeCatalogue(IReadOnlyList<Recipe> Entries)
{
    /// <summary>The recipes that come along.</summary>
    public static RecipeCatalogue Default { get; } = new([
        new BarsFrappe(), new MutualTable1(), new MutualTable2(), new MutualTable3(), new MutualTable4(), new KdefScaling(),
        new KdefMixed(), new KdefAblation(), new AllStrategies(), new TeachingOnePass(), new TeachingScaling(), new BoostingBeside(),
        new KdBridge(), new SequencesMl100k(), new DailyReplay()]);

    /// <summary>These and one more.</summary>
    public RecipeCatalogue With(Recipe recipe) => new([.. Entries, recipe]);
}
