using System.Globalization;
using Consort.Experiments.Statistics;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Mutual;

/// <summary>
/// Does pretraining matter, and how long does fine-tuning help: four members that are pretrained not at all, for one epoch, or to
/// their best, and one to three epochs of mutual learning after that.
/// </summary>
internal sealed class MutualTable2 : MutualRecipe
{
    private const int Size = 4;

    /// <inheritdoc/>
    public override string Name => "mutual/table2";

    /// <inheritdoc/>
    public override string Summary => "does pretraining matter: none, one epoch, or to the best; then one to three mutual epochs";

    /// <inheritdoc/>
    protected override IEnumerable<MutualRow> Build(RunPlan plan, RecipeRequest request, DataShape shape)
    {
        var model = request.Only ?? Models[0];
        string[] family = [.. Enumerable.Repeat(model, Size)];
        var rows = new Dictionary<string, (string Mode, string? Baseline, List<IReadOnlyList<string>> Runs)>();
        foreach (var replicate in plan.Replicates)
        {
            var best = Enumerable.Range(0, Size).Select(m => plan.Alone(model, replicate, m)).ToArray();
            var one = Enumerable.Range(0, Size).Select(m => plan.Alone(model, replicate, m, epochs: 1)).ToArray();
            Add(Best(model), MutualRow.Independent, null, best);
            Add($"{model}, no pretraining: mutual from scratch", MutualRow.Scratch, Best(model), plan.FromScratch(model, Size, replicate));
            Add(OneEpoch(model), MutualRow.Independent, null, one);
            Add($"{OneEpoch(model)}, then control", MutualRow.Control, OneEpoch(model), plan.Tuned(Key("1ep-control"), family, replicate, one, isMutual: false));
            Add($"{OneEpoch(model)}, then 1 mutual", MutualRow.Pretrained, OneEpoch(model), plan.Tuned(Key("1ep-pretrained"), family, replicate, one, isMutual: true));
            Add($"{Best(model)}, then control", MutualRow.Control, Best(model), plan.Tuned(Key("control"), family, replicate, best, isMutual: false));
            for (var epochs = 1; epochs <= 3; epochs++)
                Add(Then(model, epochs), MutualRow.Pretrained, Best(model), plan.Tuned(
                    epochs == 1 ? Key("pretrained") : Key($"pretrained{epochs.ToString(CultureInfo.InvariantCulture)}"), family, replicate, best, isMutual: true, epochs));
        }

        foreach (var (name, row) in rows)
            yield return new MutualRow(name, row.Mode, row.Runs, row.Baseline);

        string Key(string what) => string.Create(CultureInfo.InvariantCulture, $"{model}x{Size}-{what}");

        void Add(string name, string mode, string? baseline, params string[] names)
        {
            if (!rows.ContainsKey(name))
                rows[name] = (mode, baseline, []);
            rows[name].Runs.Add(names);
        }
    }

    /// <inheritdoc/>
    protected override IEnumerable<Claim> Claims(IReadOnlyDictionary<string, FamilyRow> rows) => Models.SelectMany(model => (IEnumerable<Claim>)[
        .. LargerMembers(rows, $"{model}: pretraining matters: to the best, then mutual above mutual from scratch", Then(model, 1), $"{model}, no pretraining: mutual from scratch"),
        .. LargerMembers(rows, $"{model}: it helps after one epoch of pretraining, too: then mutual above then control", $"{OneEpoch(model)}, then 1 mutual", $"{OneEpoch(model)}, then control"),
        .. LargerMembers(rows, $"{model}: it helps after pretraining to the best: then mutual above then control", Then(model, 1), $"{Best(model)}, then control"),
        .. LargerMembers(rows, $"{model}: it degrades after one epoch: 1 mutual epoch above 2", Then(model, 1), Then(model, 2)),
        .. LargerMembers(rows, $"{model}: it degrades after one epoch: 1 mutual epoch above 3", Then(model, 1), Then(model, 3))]);

    private static string Best(string model) => $"{model}, pretrained to the best";

    private static string OneEpoch(string model) => $"{model}, pretrained 1 epoch";

    private static string Then(string model, int epochs) => string.Create(CultureInfo.InvariantCulture, $"{Best(model)}, then {epochs} mutual");
}
