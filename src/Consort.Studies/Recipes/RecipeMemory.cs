using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes;

/// <summary>What a recipe has found out and need not find out again while it runs: the table is made anew after each run.</summary>
internal sealed class RecipeMemory
{
    private readonly Dictionary<string, Measured> _measured = [];

    /// <summary>Comparisons of runs row by row.</summary>
    public RowComparisons Comparisons { get; } = new();

    /// <summary>The settings on the data at hand, once looked at.</summary>
    public RecipeSettings? Settings { get; set; }

    /// <summary>What came of runs, taken as one family if there are several.</summary>
    public Measured Of(IReadOnlyList<RecipeOutcome> runs)
    {
        var key = string.Join('+', runs.Select(r => r.Run.Name));
        return _measured.TryGetValue(key, out var known) ? known : _measured[key] = Measured.Of(runs);
    }
}
