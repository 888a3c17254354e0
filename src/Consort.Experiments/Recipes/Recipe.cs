using Consort.Data;

namespace Consort.Experiments.Recipes;

/// <summary>What a user asks of a recipe.</summary>
/// <param name="Data">Folder of the data files, a full path.</param>
/// <param name="Seeds">Runs of each setting, at least 1.</param>
/// <param name="Only">The one row of the table to make, or null for all.</param>
/// <param name="Folder">Where runs and results go.</param>
public sealed record RecipeRequest(string Data, int Seeds, string? Only, string Folder)
{
    /// <summary>The folder of a run.</summary>
    public string RunFolder(string name) => Path.Combine(Folder, "runs", name);
}

/// <summary>One run of a recipe.</summary>
/// <param name="Name">Names its folder; unique in the recipe.</param>
/// <param name="Row">The row of the table that it belongs to.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Text">The experiment file.</param>
/// <param name="Source">What messages call the file.</param>
public sealed record RecipeRun(string Name, string Row, ulong Seed, string Text, string Source);

/// <summary>A run and what came of it.</summary>
/// <param name="Run">The run.</param>
/// <param name="Summary">Its results.</param>
public sealed record RecipeOutcome(RecipeRun Run, RunSummary Summary);

/// <summary>
/// A table that anyone can make again: which runs it needs, and what is made of their results. Adding one is a file and a line
/// in <see cref="RecipeCatalogue"/>.
/// </summary>
public abstract class Recipe
{
    /// <summary>Its name: a group and a table, <c>bars/frappe_x1</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it shows, in a line.</summary>
    public abstract string Summary { get; }

    /// <summary>The paper or the public results that it repeats.</summary>
    public abstract string Source { get; }

    /// <summary>The names that <see cref="RecipeRequest.Only"/> may be.</summary>
    public abstract IReadOnlyList<string> Rows { get; }

    /// <summary>The runs, in an order in which each comes after those that it starts from.</summary>
    /// <exception cref="ConsortException">The data folder lacks what the recipe needs.</exception>
    public abstract IReadOnlyList<RecipeRun> Plan(RecipeRequest request);

    /// <summary>The table of finished runs.</summary>
    public abstract RecipeTable Table(IReadOnlyList<RecipeOutcome> outcomes);
}
