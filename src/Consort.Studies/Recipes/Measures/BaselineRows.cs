namespace Consort.Studies.Recipes.Measures;

/// <summary>Baselines of a recipe as rows that others are set beside.</summary>
internal static class BaselineRows
{
    /// <summary>A baseline, seed by seed.</summary>
    public static FamilyRow Of(RecipeBaseline baseline) => new(baseline.Name, baseline.Rows.Index().ToDictionary(r => r.Index, r =>
        Measured.Of($"{baseline.Name} {r.Index}", r.Item, baseline.Seconds[r.Index])));

    /// <summary>
    /// The table with a line for each baseline: what it comes to, and how far the best row of the table is above it, for new seeds and rows
    /// (of one seed, for new rows).
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="memory">Of the recipe.</param>
    /// <param name="rows">Rows of the table; none before the first has finished.</param>
    public static RecipeTable WithBaselines(this RecipeTable table, RecipeMemory memory, IEnumerable<FamilyRow> rows)
    {
        var best = rows.MaxBy(r => r.Over(m => m.Auc).Mean);
        var lines = memory.Baselines.Select(b => Line(b, best, RowComparisons.Of(memory)));
        return table with { Notes = [.. table.Notes, .. lines] };
    }

    private static string Line(RecipeBaseline baseline, FamilyRow? best, RowComparisons comparisons)
    {
        if (best is null)
            return $"{baseline.Words}.";
        var row = Of(baseline);
        var (joint, difference) = (best.Joint(row, comparisons), best.ByRows(row, comparisons, c => c.Auc));
        var words = (joint ?? difference)?.AucText is { } text ? $"{text} for new {(joint is null ? "rows" : "seeds and rows")}"
            : "what these rows cannot tell";
        return $"{baseline.Words}. {best.Name}, the best row by these very rows, minus it: {words}.";
    }
}
