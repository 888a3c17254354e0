using Consort.Experiments.Files;
using Consort.Experiments.Statistics;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Plans;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Kdef;

/// <summary>
/// A family of different models, the product network, FinalNet and the exponential cross network (EKTF-L), by each way of learning, beside
/// each of them alone and three alike.
/// </summary>
internal sealed class KdefMixed : KdefRecipe
{
    private static readonly string[] Models = ["PNN", "FinalNet", "ECN"];

    public override string Name => "kdef/mixed";

    public override string Summary => "a product network, FinalNet and an exponential cross network that learn together";

    public override IReadOnlyList<string> Rows => [];

    public override RecipeOptions Options => RecipeOptions.AnyData | RecipeOptions.Methods;

    public override IReadOnlyList<string> Methods { get; } = [.. KdefMethods.Compared.Select(m => m.Name)];

    protected override IReadOnlyList<FamilySetting> Families(RecipeRequest request, RecipeSettings settings)
    {
        var first = settings.Of(Models[0]).Options;
        if (settings.Shape is not DataShape.Frappe && settings.FirstModel is null)
            first = first.With("training.batch_size", 4096); // the authors' for this family
        var alone = Models.Select(model => Alone(settings, model));
        var mixed = Chosen(request, KdefMethods.Compared).Select(method => new FamilySetting(
            $"mixed-{method.Name}", $"{string.Join(" + ", Models)}, {method.Name}", method.Name, Models.Length, first.Family(
                $"{string.Join(" + ", Models)}, {method.Name}", isShared: true, method.Strategy, Models.Select(settings.Member)))
        {
            Published = method.Name == "kdef" ? KdefPublished.Mixed : null,
        });
        var alike = KdefMethods.Compared.Where(m => m.Name == "kdef" && Chosen(request, KdefMethods.Compared).Contains(m))
            .Select(m => Alike(settings, "DNN", Models.Length, m));
        return [.. alone, .. mixed, .. alike];
    }

    protected override FamilyRow Baseline(IReadOnlyDictionary<string, FamilyRow> rows) => Best(rows);

    protected override IEnumerable<string> Notes =>
        ["The baseline is the model whose AUC is the highest alone. Methods as in kdef/scaling."];

    protected override IEnumerable<Claim> Claims(IReadOnlyList<FamilySetting> settings, IReadOnlyDictionary<string, FamilyRow> rows,
        RowComparisons comparisons)
    {
        if (!rows.TryGetValue("mixed-kdef", out var full))
            yield break;
        var best = Best(rows);
        yield return full.LargerAuc($"{full.Name} above the best of them alone, {best.Name}", best, comparisons);
        foreach (var other in settings.Where(s => s.Members > 1 && s.Key != "mixed-kdef"))
            yield return full.LargerAuc($"{full.Name} above {other.Name}", rows[other.Key], comparisons);
    }

    private static FamilyRow Best(IReadOnlyDictionary<string, FamilyRow> rows) =>
        Models.Select(m => rows.GetValueOrDefault($"{m}-alone")).OfType<FamilyRow>().MaxBy(r => r.Over(m => m.Auc).Mean)!;
}
