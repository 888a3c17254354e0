using System.Globalization;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Plans;

namespace Consort.Studies.Recipes.Teaching;

/// <summary>
/// What one model keeps of a family of tuned models: ways of teaching beside controls that were not taught, each as good a model as the
/// family's members. A replicate trains members by themselves once; all that averages them, goes on from them or learns from them takes
/// these very runs.
/// </summary>
internal sealed class TeachingOnePass : MethodRecipe<TeachingMethod>
{
    private const int Members = 4, Many = 10;

    public override string Name => "teaching/onepass";

    public override string Summary => "what one model keeps of a tuned family, beside controls";

    public override string Source => "both papers; Hinton et al. 2015; Tian et al. 2023 for logits";

    public override IReadOnlyList<string> Methods { get; } = [.. TeachingMethod.All.Select(m => m.Name)];

    protected override (int Least, bool Several) Sizes => (2, true);

    protected override string UsualModel => "DeepFM";

    public override RecipeTable Table(RecipeRequest request, IReadOnlyList<RecipeOutcome> outcomes)
    {
        var byName = outcomes.ToDictionary(o => o.Run.Name);
        var rows = new List<(TeachingMethod Method, FamilyRow Row)>();
        foreach (var (method, runs) in Ways(request))
            if (FamilyRow.Of(TextOf(method, request), runs, byName, request.Memory) is { } row)
                rows.Add((method, !method.IsMember ? row : row.Select((_, m) => m.OneMember())));
        if (rows.FirstOrDefault().Method != TeachingMethod.One) // nothing to set others beside yet
            return RecipeTable.Of($"{Name}: {Summary}", [], TeachingLine.Columns, Notes).WithBaselines(request.Memory, []);
        var (one, average, many) = (rows[0].Row, Find("averaged"), Find("averaged-many"));
        // Of members that learned together the rows are not kept, so that seeds alone can tell of them.
        var comparisons = RowComparisons.Of(request.Memory);
        return RecipeTable.Of(
            $"{Name}: {Summary}", rows.Select(r => new TeachingLine(r.Row, one, average, many)), TeachingLine.Columns, Notes,
            [.. rows.Skip(1).Select(r => r.Row.LargerAuc($"{r.Row.Name}: above one", one, comparisons))])
            .WithBaselines(request.Memory, rows.Select(r => r.Row));

        FamilyRow? Find(string name) => rows.Find(r => r.Method.Name == name).Row;
    }

    private static IReadOnlyList<string> Notes { get; } =
    [
        "One, tuned is the mean over members trained by themselves. Kept is the share of the gain of averaging, (AUC − one) / (averaged − one) over means of all replicates, of the average of the family and of that of more. Of members that learned together stands the mean over them.",
    ];

    // Each method with the runs of each replicate; the model by itself comes first.
    protected override List<MethodRuns<TeachingMethod>> Build(RunPlan plan, RecipeRequest request)
    {
        var settings = Settings(request);
        var model = ModelOf(request);
        var methods = TeachingMethod.All
            .Where(m => request.Asks(m.Name) && (!m.NeedsTower || TowerWidths.Has(settings.Member(model)))).ToArray();
        var isMany = methods.Any(m => m.NeedsMany);
        return MethodRuns<TeachingMethod>.Of(plan, TeachingMethod.One, methods, replicate =>
        {
            var all = plan.AloneEach(model, replicate, isMany ? SizeOf(request).Many : SizeOf(request).Members);
            var start = new TeachingStart(plan, model, replicate, all[..SizeOf(request).Members], all, settings.Of(model).Options);
            return method => method.Runs(start);
        });
    }

    private static (int Members, int Many) SizeOf(RecipeRequest request) => request.Members switch
    {
        null => (Members, Many),
        [var members] => (members, Math.Max(members, Many)),
        [var members, var many] when members < many => (members, many),
        var sizes => throw new ConsortException(
            $"--members: found {string.Join(',', sizes)} with teaching/onepass, expected one number, or two that rise: of a family, and of more"),
    };

    private static string TextOf(TeachingMethod method, RecipeRequest request) =>
        string.Format(CultureInfo.InvariantCulture, method.Text, SizeOf(request).Members, SizeOf(request).Many);
}
