using Consort.Experiments.Statistics;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Plans;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Kdef;

/// <summary>
/// Families of M models of one kind, M = 1 to 10, by each way of learning. M = 1 is the same by all of them and run once.
/// </summary>
internal sealed class KdefScaling : KdefRecipe
{
    private static readonly int[] UsualSizes = [2, 3, 4, 6, 10];

    public override string Name => "kdef/scaling";

    public override string Summary => "quality against the number of members, by plain fusion and by knowledge transfer";

    public override IReadOnlyList<string> Methods { get; } = [.. KdefMethods.Compared.Select(m => m.Name)];

    protected override IReadOnlyList<FamilySetting> Families(RecipeRequest request, RecipeSettings settings)
    {
        var model = ModelOf(request, settings);
        var families = new List<FamilySetting> { Alone(settings, model) };
        foreach (var members in (request.Members ?? UsualSizes).Where(m => m > 1))
            families.AddRange(Chosen(request, KdefMethods.Compared).Select(method => Alike(settings, model, members, method)));
        return model == "DNN" ? [.. families.Select(f => f with { Published = KdefPublished.Of(f.Method, f.Members) })] : families;
    }

    protected override FamilyRow Baseline(IReadOnlyDictionary<string, FamilyRow> rows) => rows.Values.First();

    protected override IEnumerable<string> Notes =>
        ["mean, sum, concat: trained by the fused logit alone. kd: labels and the teach term, without peers; dml: labels and the peer term, without the teacher, both with the examination; kdef: all."];

    protected override IEnumerable<Claim> Claims(IReadOnlyList<FamilySetting> settings, IReadOnlyDictionary<string, FamilyRow> rows,
        RowComparisons comparisons)
    {
        var alone = rows[settings[0].Key];
        foreach (var method in new[] { "mean", "sum", "concat" })
            if (Find(method, largest: true) is { } most)
                yield return alone.LargerAuc($"without knowledge transfer quality falls: one model above {most.Name}", most, comparisons);
        if (Find("mean", largest: false) is { } few && Find("mean", largest: true) is { } many)
        {
            yield return alone.Larger($"without it members' own AUC falls: one model above the members of {many.Name}", many,
                m => m.MeanMemberAuc);
            if (few != many)
            {
                yield return many.Larger($"and spreads: standard deviation of members' AUC in {many.Name} above {few.Name}", few,
                    m => m.MemberSpread, 0);
                yield return many.Larger($"and members leave their ensemble: discrepancy of {many.Name} above {few.Name}", few,
                    m => m.MeanDiscrepancy, 0);
            }

            if (Find("kdef", largest: true) is { } kept)
            {
                yield return kept.LargerAuc($"knowledge transfer prevents it: {kept.Name} above {many.Name}", many, comparisons);
                yield return many.Larger($"its members stay with their ensemble: discrepancy of {many.Name} above {kept.Name}", kept,
                    m => m.MeanDiscrepancy, 0);
            }
        }

        if (Find("kdef", largest: true) is not { } full)
            yield break;
        yield return full.LargerAuc($"{full.Name} above one model", alone, comparisons);
        yield return full.Larger($"the members of {full.Name} above one model", alone, m => m.MeanMemberAuc);
        if (Find("kdef", largest: false) is { } least && least != full)
            yield return full.LargerAuc($"quality grows with M: {full.Name} above {least.Name}", least, comparisons);
        foreach (var part in new[] { "kd", "dml" })
            if (Find(part, largest: true) is { } without)
                yield return full.LargerAuc($"both terms are needed: {full.Name} above {without.Name}", without, comparisons);

        FamilyRow? Find(string method, bool largest)
        {
            var of = settings.Where(s => s.Method == method).OrderBy(s => s.Members);
            return (largest ? of.LastOrDefault() : of.FirstOrDefault()) is { } found ? rows[found.Key] : null;
        }
    }
}
