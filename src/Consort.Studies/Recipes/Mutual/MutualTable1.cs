using Consort.Experiments.Statistics;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Plans;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Mutual;

/// <summary>
/// Four models, four members of each: independent, mutual from scratch, mutual with pretraining, and the same epoch more without the
/// others, which tells what of the gain is fine-tuning alone.
/// </summary>
internal sealed class MutualTable1 : MutualRecipe
{
    public override string Name => "mutual/table1";

    public override string Summary => "four models: independent, mutual from scratch, mutual with pretraining";

    public override RecipeOptions Options => base.Options | RecipeOptions.Methods | RecipeOptions.Members;

    protected override (int Least, bool Several) Sizes => (2, false);

    public override IReadOnlyList<string> Methods => [MutualRow.Scratch, MutualRow.Pretrained, MutualRow.Control];

    protected override IEnumerable<MutualRow> Build(RunPlan plan, int replicate, RecipeRequest request, DataShape shape)
    {
        foreach (var model in Models.Where(m => request.Only is null || m == request.Only))
        {
            var alone = plan.AloneEach(model, replicate, request.Members?[^1] ?? 4);
            yield return Row(model, MutualRow.Independent, alone);
            foreach (var method in Methods.Where(m => request.Methods is null || request.Methods.Contains(m)))
                yield return Row(model, method, method == MutualRow.Scratch
                    ? plan.FromScratch(model, alone.Length, replicate)
                    : plan.Tuned(method, model, replicate, alone, method == MutualRow.Pretrained));
        }

        MutualRow Row(string model, string mode, params string[] runs) =>
            new(RowName(model, mode), mode, runs, mode == MutualRow.Independent ? null : RowName(model, MutualRow.Independent))
            {
                Published = MutualPublished.Of(shape, model, mode),
            };
    }

    protected override IEnumerable<Claim> Claims(IReadOnlyDictionary<string, FamilyRow> rows)
    {
        foreach (var (text, larger, smaller) in new[]
        {
            ("from scratch mutual learning does not help: independent above scratch", MutualRow.Independent, MutualRow.Scratch),
            ("with pretraining it helps: pretrained above independent", MutualRow.Pretrained, MutualRow.Independent),
            ("and not just by one more epoch: pretrained above control", MutualRow.Pretrained, MutualRow.Control),
        })
        {
            foreach (var model in Models)
                foreach (var claim in LargerMembers(rows, $"{model}: {text}", RowName(model, larger), RowName(model, smaller)))
                    yield return claim;
            foreach (var claim in LargerInAll(rows, $"all models: {text}", Models.Select(m => (RowName(m, larger), RowName(m, smaller)))))
                yield return claim;
        }

        foreach (var model in Models)
            if (rows.TryGetValue(RowName(model, MutualRow.Independent), out var alone)
                && rows.TryGetValue(RowName(model, MutualRow.Scratch), out var scratch))
                yield return alone.Larger($"{model}: learning together makes members alike: sd of members independent above scratch",
                    scratch, m => m.MemberSpread, 0);
    }

    protected override IEnumerable<string> Notes =>
        ["independent: runs of one member each; scratch: a family of as many members that learn from each other all the time; pretrained: the independent runs, then one epoch of mutual learning at the lower rate; control: the same epoch without learning from each other."];

    private static string RowName(string model, string mode) => $"{model}, {mode}";
}
