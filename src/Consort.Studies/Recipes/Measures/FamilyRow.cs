using Consort.Experiments.Statistics;

namespace Consort.Studies.Recipes.Measures;

/// <summary>A row of a table: the same setting over several seeds.</summary>
/// <param name="Name">The setting.</param>
/// <param name="Seeds">What came of it, by the number of the seed.</param>
internal sealed record FamilyRow(string Name, IReadOnlyDictionary<int, Measured> Seeds)
{
    /// <summary>What came of a setting, or null where none of its seeds has finished.</summary>
    /// <param name="name">The setting.</param>
    /// <param name="runs">Of each seed the runs, taken as one family if there are several.</param>
    /// <param name="outcomes">The runs that have finished.</param>
    /// <param name="memory">What was measured before.</param>
    public static FamilyRow? Of(string name, IReadOnlyList<IReadOnlyList<string>> runs, IReadOnlyDictionary<string, RecipeOutcome> outcomes,
        RecipeMemory memory)
    {
        var seeds = Enumerable.Range(0, runs.Count).Where(s => runs[s].All(outcomes.ContainsKey))
            .ToDictionary(s => s, s => memory.Of(string.Join('+', runs[s]), () => Measured.Of([.. runs[s].Select(n => outcomes[n])])));
        return seeds.Count == 0 ? null : new FamilyRow(name, seeds);
    }

    /// <summary>The same with other numbers.</summary>
    public FamilyRow Select(Func<int, Measured, Measured> change) => new(Name, Seeds.ToDictionary(s => s.Key, s => change(s.Key, s.Value)));

    /// <summary>A number of each seed.</summary>
    public Replicates Over(Func<Measured, double> number) => new([.. Seeds.OrderBy(s => s.Key).Select(s => number(s.Value))]);

    /// <summary>This minus another, seed by seed; null where fewer than two seeds have both.</summary>
    public Comparison? BySeeds(FamilyRow other, Func<Measured, double> number)
    {
        var seeds = Seeds.Keys.Intersect(other.Seeds.Keys).Order().ToArray();
        return seeds.Length < 2 ? null : Replicates.Compare(
            new Replicates([.. seeds.Select(s => number(Seeds[s]))]), new Replicates([.. seeds.Select(s => number(other.Seeds[s]))]));
    }

    /// <summary>
    /// This minus another on the rows of the test split. As all seeds are measured on the same rows, what the rows do to them does not
    /// average out: each row is averaged over seeds first, and the error is that of rows, not divided by √seeds.
    /// </summary>
    public Comparison? ByRows(FamilyRow other, RowComparisons comparisons, Func<RowComparison, Comparison> which)
    {
        var all = Seeds.Keys.Intersect(other.Seeds.Keys).Order().Select(s => (Seeds[s], other.Seeds[s])).ToArray();
        return all.Length > 0 && comparisons.Compare(all) is { } found ? which(found) : null;
    }

    /// <summary>A claim that the ensemble's AUC is larger here than there.</summary>
    public Claim LargerAuc(string text, FamilyRow other, RowComparisons comparisons) =>
        new(text, BySeeds(other, m => m.Auc), ByRows(other, comparisons, c => c.Auc));

    /// <summary>This minus another with one error for new seeds and new rows; null where fewer than two seeds have both.</summary>
    public Comparison? Joint(FamilyRow other, RowComparisons comparisons) => LargerAuc("", other, comparisons).Joint;

    /// <summary>A claim that another number is larger here than there, of which seeds alone can tell.</summary>
    /// <param name="text">The claim.</param>
    /// <param name="other">The other row.</param>
    /// <param name="number">What is compared.</param>
    /// <param name="leastGain">Differences below it do not count; null for what is asked of the recipe.</param>
    public Claim Larger(string text, FamilyRow other, Func<Measured, double> number, double? leastGain = null) =>
        new(text, BySeeds(other, number), null, leastGain);
}
