using System.Globalization;
using Consort.Experiments.Statistics;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Mutual;

/// <summary>How many members: 2, 3, 4, 5, with pretraining. The first two members are the same in all, and they alone count.</summary>
internal sealed class MutualTable4 : MutualRecipe
{
    private static readonly int[] PaperSizes = [2, 3, 4, 5];

    /// <inheritdoc/>
    public override string Name => "mutual/table4";

    /// <inheritdoc/>
    public override string Summary => "mutual learning with pretraining among 2, 3, 4 and 5 members";

    /// <inheritdoc/>
    public override RecipeOptions Options => base.Options | RecipeOptions.Members;

    /// <inheritdoc/>
    protected override (int Least, bool Several) Sizes => (2, true);

    /// <inheritdoc/>
    protected override IEnumerable<MutualRow> Build(RunPlan plan, RecipeRequest request, DataShape shape)
    {
        var model = request.Only ?? Models[0];
        var sizes = request.Members ?? PaperSizes;
        var (alone, tuned) = (new List<IReadOnlyList<string>>(), sizes.ToDictionary(s => s, _ => new List<IReadOnlyList<string>>()));
        foreach (var replicate in plan.Replicates)
        {
            alone.Add([.. Enumerable.Range(0, 2).Select(m => plan.Alone(model, replicate, m))]);
            foreach (var size in sizes)
                tuned[size].Add([plan.Tuned(
                    string.Create(CultureInfo.InvariantCulture, $"{model}x{size}-pretrained"), [.. Enumerable.Repeat(model, size)], replicate,
                    [.. Enumerable.Range(0, size).Select(m => plan.Alone(model, replicate, m))], isMutual: true)]);
        }

        yield return new MutualRow($"{model}, independent", MutualRow.Independent, alone, null);
        foreach (var size in sizes)
            yield return new MutualRow(RowName(model, size), MutualRow.Pretrained, tuned[size], $"{model}, independent")
            {
                Members = [0, 1],
                Published = MutualPublished.Of(shape, model, size),
            };
    }

    /// <inheritdoc/>
    protected override IEnumerable<Claim> Claims(IReadOnlyDictionary<string, FamilyRow> rows) => Models.SelectMany(model => (IEnumerable<Claim>)[
        .. LargerMembers(rows, $"{model}: more members help: 4 above 2", RowName(model, 4), RowName(model, 2)),
        .. LargerMembers(rows, $"{model}: beyond four they do not: 5 above 4", RowName(model, 5), RowName(model, 4))]);

    /// <inheritdoc/>
    protected override IEnumerable<string> Notes =>
        ["AUC is the mean of the first two members, which start from the same runs in all rows; the ensemble is the whole family's."];

    private static string RowName(string model, int size) => string.Create(CultureInfo.InvariantCulture, $"{size} × {model}, pretrained");
}
