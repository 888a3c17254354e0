using Consort.Experiments.Statistics;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Mutual;

/// <summary>
/// One model among three of its own kind, or among three others: the same pretrained run is the first member of both, and it alone
/// counts.
/// </summary>
internal sealed class MutualTable3 : MutualRecipe
{
    private const int Size = 4;

    /// <inheritdoc/>
    public override string Name => "mutual/table3";

    /// <inheritdoc/>
    public override string Summary => "four of one model, or four different models";

    /// <inheritdoc/>
    protected override IEnumerable<MutualRow> Build(RunPlan plan, RecipeRequest request, DataShape shape)
    {
        var chosen = Models.Where(m => request.Only is null || m == request.Only).ToArray();
        var (alone, same, mixed) = (Lists(), Lists(), new List<IReadOnlyList<string>>());
        foreach (var replicate in plan.Replicates)
        {
            var firsts = Models.Select(m => plan.Alone(m, replicate, 0)).ToArray();
            foreach (var model in chosen)
            {
                var own = Enumerable.Range(0, Size).Select(m => plan.Alone(model, replicate, m)).ToArray();
                alone[model].Add([own[0]]);
                same[model].Add([plan.Tuned($"{model}x4-pretrained", [.. Enumerable.Repeat(model, Size)], replicate, own, isMutual: true)]);
            }

            mixed.Add([plan.Tuned("different4-pretrained", Models, replicate, firsts, isMutual: true)]);
        }

        foreach (var model in chosen)
        {
            yield return new MutualRow($"{model}, independent", MutualRow.Independent, alone[model], null);
            yield return new MutualRow($"{model}, among its own", MutualRow.Pretrained, same[model], $"{model}, independent") { Members = [0] };
            yield return new MutualRow($"{model}, among others", MutualRow.Pretrained, mixed, $"{model}, independent") { Members = [Array.IndexOf(Models, model)] };
        }

        Dictionary<string, List<IReadOnlyList<string>>> Lists() => chosen.ToDictionary(m => m, _ => new List<IReadOnlyList<string>>());
    }

    /// <inheritdoc/>
    protected override IEnumerable<Claim> Claims(IReadOnlyDictionary<string, FamilyRow> rows) =>
    [
        .. Models.SelectMany(m => LargerMembers(rows, $"{m}: learns among others: above independent", $"{m}, among others", $"{m}, independent")),
        .. Models.SelectMany(m => LargerMembers(rows, $"{m}: learns more among others than among its own", $"{m}, among others", $"{m}, among its own")),
        .. LargerInAll(rows, "all models: learn more among others than among their own", Models.Select(m => ($"{m}, among others", $"{m}, among its own"))),
    ];

    /// <inheritdoc/>
    protected override IEnumerable<string> Notes =>
        ["AUC is that of one member, which starts from the same run in all three rows of a model; the ensemble is the whole family's."];
}
