using System.Globalization;
using Consort.Experiments.Statistics;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Plans;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Mutual;

/// <summary>
/// Does pretraining matter, and how long does fine-tuning help: four members that are pretrained not at all, for one epoch, or to their
/// best, and one to three epochs of mutual learning after that.
/// </summary>
internal sealed class MutualTable2 : MutualRecipe
{
    private const int Size = 4;

    public override string Name => "mutual/table2";

    public override string Summary => "does pretraining matter: none, one epoch, or to the best; then one to three mutual epochs";

    protected override IEnumerable<MutualRow> Build(RunPlan plan, int replicate, RecipeRequest request, DataShape shape)
    {
        var model = request.Only ?? Models[0];
        var best = plan.AloneEach(model, replicate, Size);
        var one = plan.AloneEach(model, replicate, Size, epochs: 1);
        yield return new MutualRow(Best(model), MutualRow.Independent, best);
        yield return new MutualRow($"{model}, no pretraining: mutual from scratch", MutualRow.Scratch,
            [plan.FromScratch(model, Size, replicate)], Best(model));
        yield return new MutualRow(OneEpoch(model), MutualRow.Independent, one);
        yield return new MutualRow($"{OneEpoch(model)}, then control", MutualRow.Control,
            [plan.Tuned("1ep-control", model, replicate, one, isMutual: false)], OneEpoch(model));
        yield return new MutualRow($"{OneEpoch(model)}, then 1 mutual", MutualRow.Pretrained,
            [plan.Tuned("1ep-pretrained", model, replicate, one, isMutual: true)], OneEpoch(model));
        yield return new MutualRow($"{Best(model)}, then control", MutualRow.Control,
            [plan.Tuned("control", model, replicate, best, isMutual: false)], Best(model));
        for (var epochs = 1; epochs <= 3; epochs++)
            yield return new MutualRow(Then(model, epochs), MutualRow.Pretrained, [plan.Tuned(
                epochs == 1 ? "pretrained" : $"pretrained{epochs.ToString(CultureInfo.InvariantCulture)}", model, replicate, best,
                isMutual: true, epochs)], Best(model));
    }

    protected override IEnumerable<Claim> Claims(IReadOnlyDictionary<string, FamilyRow> rows) =>
        Models.SelectMany(model => (IEnumerable<Claim>)[
        .. LargerMembers(rows, $"{model}: pretraining matters: to the best, then mutual above mutual from scratch", Then(model, 1),
            $"{model}, no pretraining: mutual from scratch"),
        .. LargerMembers(rows, $"{model}: it helps after one epoch of pretraining, too: then mutual above then control",
            $"{OneEpoch(model)}, then 1 mutual", $"{OneEpoch(model)}, then control"),
        .. LargerMembers(rows, $"{model}: it helps after pretraining to the best: then mutual above then control", Then(model, 1),
            $"{Best(model)}, then control"),
        .. LargerMembers(rows, $"{model}: it degrades after one epoch: 1 mutual epoch above 2", Then(model, 1), Then(model, 2)),
        .. LargerMembers(rows, $"{model}: it degrades after one epoch: 1 mutual epoch above 3", Then(model, 1), Then(model, 3))]);

    private static string Best(string model) => $"{model}, pretrained to the best";

    private static string OneEpoch(string model) => $"{model}, pretrained 1 epoch";

    private static string Then(string model, int epochs) =>
        string.Create(CultureInfo.InvariantCulture, $"{Best(model)}, then {epochs} mutual");
}
