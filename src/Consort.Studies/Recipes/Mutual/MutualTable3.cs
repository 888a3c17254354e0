using Consort.Experiments.Statistics;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Plans;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Mutual;

/// <summary>
/// One model among three of its own kind, or among three others: the same pretrained run is the first member of both, and it alone counts.
/// </summary>
internal sealed class MutualTable3 : MutualRecipe
{
    private const int Size = 4;

    public override string Name => "mutual/table3";

    public override string Summary => "four of one model, or four different models";

    protected override IEnumerable<MutualRow> Build(RunPlan plan, int replicate, RecipeRequest request, DataShape shape)
    {
        var chosen = Models.Where(m => request.Only is null || m == request.Only).ToArray();
        var firsts = Models.Select(m => plan.Alone(m, replicate, 0)).ToArray();
        var same = chosen.Select(m => plan.Tuned("pretrained", m, replicate, plan.AloneEach(m, replicate, Size), isMutual: true)).ToArray();
        var mixed = plan.Tuned("different4-pretrained", Models, replicate, firsts, isMutual: true);
        foreach (var (model, own) in chosen.Zip(same))
        {
            var place = Array.IndexOf(Models, model);
            yield return new MutualRow($"{model}, independent", MutualRow.Independent, [firsts[place]]);
            yield return new MutualRow($"{model}, among its own", MutualRow.Pretrained, [own], $"{model}, independent") { Members = [0] };
            yield return new MutualRow($"{model}, among others", MutualRow.Pretrained, [mixed], $"{model}, independent")
            { Members = [place] };
        }
    }

    protected override IEnumerable<Claim> Claims(IReadOnlyDictionary<string, FamilyRow> rows) =>
        [
            .. Models.SelectMany(m => LargerMembers(rows, $"{m}: learns among others: above independent", $"{m}, among others",
                $"{m}, independent")),
            .. Models.SelectMany(m => LargerMembers(rows, $"{m}: learns more among others than among its own", $"{m}, among others",
                $"{m}, among its own")),
            .. LargerInAll(rows, "all models: learn more among others than among their own",
                Models.Select(m => ($"{m}, among others", $"{m}, among its own"))),
        ];

    protected override IEnumerable<string> Notes =>
        ["AUC is that of one member, which starts from the same run in all three rows of a model; the ensemble is the whole family's."];
}
