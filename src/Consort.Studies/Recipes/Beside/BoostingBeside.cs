using System.Globalization;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Plans;
using Consort.Studies.Recipes.Teaching;

namespace Consort.Studies.Recipes.Beside;

/// <summary>
/// Boosted trees, as they come and tuned, beside one model, the average of a family of it, and one that the family taught: the same rows,
/// as many seeds, and each difference with an interval for new seeds and new rows.
/// </summary>
internal sealed class BoostingBeside : MethodRecipe<TeachingMethod>
{
    private const string One = "one";
    private const int UsualMembers = 4;

    // In the order in which they cost: a family is trained for the last two alone.
    private static readonly TeachingMethod[] Families =
        [.. TeachingMethod.All.Where(m => m.Name is "averaged" or "distil")];

    public override string Name => "boosting/beside";

    public override string Summary => "boosted trees beside one model, its family averaged, and one that the family taught";

    public override string Source => "Ke et al. 2017 for LightGBM";

    public override IReadOnlyList<string> Methods { get; } = [One, .. Families.Select(m => m.Name)];

    public override bool NeedsBaseline => true;

    protected override (int Least, bool Several) Sizes => (2, false);

    protected override string UsualModel => "DeepFM";

    public override RecipeTable Table(RecipeRequest request, IReadOnlyList<RecipeOutcome> outcomes)
    {
        var (byName, comparisons) = (outcomes.ToDictionary(o => o.Run.Name), RowComparisons.Of(request.Memory));
        FamilyRow[] baselines = [.. request.Memory.Baselines.Select(BaselineRows.Of)];
        var rows = new List<FamilyRow>();
        foreach (var (method, runs) in Ways(request))
            if (FamilyRow.Of(TextOf(method, request), runs, byName, request.Memory) is { } row)
                rows.Add(method.IsMember ? row.Select((_, m) => m.OneMember()) : row);
        return RecipeTable.Of($"{Name}: {Summary}",
            baselines.Concat(rows).Select(r => new BesideLine(r, baselines, comparisons)), BesideLine.Columns(baselines),
            ["Differences are of a row minus a baseline, in AUC, with one interval for new seeds and new rows (of one seed for new rows). One is the mean over the models that the family has, each by itself.",
                .. request.Memory.Baselines.Select(b => $"{b.Words}.")],
            [.. baselines.TakeLast(1).SelectMany(b => rows.Select(r => r.LargerAuc($"{r.Name}: above {b.Name}", b, comparisons)))]);
    }

    // Each way with the runs of each replicate; the model by itself comes first.
    protected override List<MethodRuns<TeachingMethod>> Build(RunPlan plan, RecipeRequest request)
    {
        var settings = Settings(request);
        var model = ModelOf(request);
        var families = Families.Where(m => request.Asks(m.Name)).ToArray();
        return MethodRuns<TeachingMethod>.Of(plan, TeachingMethod.One, families, replicate =>
        {
            var all = plan.AloneEach(model, replicate, families.Length == 0 ? 1 : SizeOf(request));
            var start = new TeachingStart(plan, model, replicate, all, all, settings.Of(model).Options);
            return method => method.Runs(start);
        });
    }

    private static int SizeOf(RecipeRequest request) => request.Members is [var members] ? members : UsualMembers;

    private string TextOf(TeachingMethod method, RecipeRequest request) => method == TeachingMethod.One
        ? $"one {ModelOf(request)}"
        : string.Format(CultureInfo.InvariantCulture, method.Text, SizeOf(request), 0);
}
