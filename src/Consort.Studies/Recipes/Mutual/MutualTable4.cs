using System.Globalization;
using Consort.Experiments.Statistics;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Plans;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Mutual;

/// <summary>How many members: 2, 3, 4, 5, with pretraining. The first two members are the same in all, and they alone count.</summary>
internal sealed class MutualTable4 : MutualRecipe
{
    private static readonly int[] PaperSizes = [2, 3, 4, 5];

    public override string Name => "mutual/table4";

    public override string Summary => "mutual learning with pretraining among 2, 3, 4 and 5 members";

    public override RecipeOptions Options => base.Options | RecipeOptions.Members;

    protected override (int Least, bool Several) Sizes => (2, true);

    protected override IEnumerable<MutualRow> Build(RunPlan plan, int replicate, RecipeRequest request, DataShape shape)
    {
        var model = request.Only ?? Models[0];
        yield return new MutualRow($"{model}, independent", MutualRow.Independent, plan.AloneEach(model, replicate, 2));
        foreach (var size in request.Members ?? PaperSizes)
            yield return new MutualRow(
                RowName(model, size), MutualRow.Pretrained,
                [plan.Tuned("pretrained", model, replicate, plan.AloneEach(model, replicate, size), isMutual: true)],
                $"{model}, independent")
            {
                Members = [0, 1],
                Published = MutualPublished.Of(shape, model, size),
            };
    }

    protected override IEnumerable<Claim> Claims(IReadOnlyDictionary<string, FamilyRow> rows) =>
        Models.SelectMany(model => (IEnumerable<Claim>)[
        .. LargerMembers(rows, $"{model}: more members help: 4 above 2", RowName(model, 4), RowName(model, 2)),
        .. LargerMembers(rows, $"{model}: beyond four they do not: 5 above 4", RowName(model, 5), RowName(model, 4))]);

    protected override IEnumerable<string> Notes =>
        ["AUC is the mean of the first two members, which start from the same runs in all rows; the ensemble is the whole family's."];

    private static string RowName(string model, int size) => string.Create(CultureInfo.InvariantCulture, $"{size} × {model}, pretrained");
}
