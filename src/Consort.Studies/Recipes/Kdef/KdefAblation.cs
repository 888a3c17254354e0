using Consort.Experiments.Statistics;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Plans;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Kdef;

/// <summary>A family of four that learns by KDEF, and by KDEF without its parts.</summary>
internal sealed class KdefAblation : KdefRecipe
{
    private static readonly int[] UsualSizes = [4];

    public override string Name => "kdef/ablation";

    public override string Summary => "KDEF without the teacher, without peers, without the examination";

    public override IReadOnlyList<string> Methods { get; } = [.. KdefMethods.Ablated.Select(m => m.Name)];

    protected override (int Least, bool Several) Sizes => (2, true);

    protected override IReadOnlyList<FamilySetting> Families(RecipeRequest request, RecipeSettings settings)
    {
        var model = ModelOf(request, settings);
        // Labels alone are what all are compared with, so they always go first.
        var methods = KdefMethods.Ablated.Take(1).Concat(Chosen(request, KdefMethods.Ablated).Where(m => m != KdefMethods.Ablated[0]))
            .ToArray();
        return [.. (request.Members ?? UsualSizes).SelectMany(m => methods.Select(method => Alike(settings, model, m, method))),
            Alone(settings, model)];
    }

    protected override FamilyRow Baseline(IReadOnlyDictionary<string, FamilyRow> rows) => rows.Values.First();

    protected override IEnumerable<string> Notes =>
        ["label: labels alone; teach, peer: with that term, all members and peers weighted alike; -exam: weighted by the examination; kdef: all; kdef-detached: no gradient through the examination."];

    protected override IEnumerable<Claim> Claims(IReadOnlyList<FamilySetting> settings, IReadOnlyDictionary<string, FamilyRow> rows,
        RowComparisons comparisons)
    {
        foreach (var size in settings.Where(s => s.Method == "kdef"))
            foreach (var part in settings.Where(s => s.Members == size.Members && s.Method is not ("kdef" or "kdef-detached")))
                yield return rows[size.Key].LargerAuc($"{size.Name} above {part.Name}", rows[part.Key], comparisons);
    }
}
