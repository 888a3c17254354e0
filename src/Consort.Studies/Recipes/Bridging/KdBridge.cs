using System.Globalization;
using Consort.Experiments.Files;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Plans;

namespace Consort.Studies.Recipes.Bridging;

/// <summary>
/// A graph between teacher and student: the members' average teaches a FiGNN by logits, and that graph teaches the student by logits. Our
/// reading of BKD (Deng et al., SIGIR 2023), of which the abstract alone is public: it distils a teacher into a graph whose nodes are
/// fields and whose edges select interactions, and the student from the graph. What the abstract leaves open, the losses and which layers
/// meet, is here plain logit matching. Beside it stand the controls that say whether the graph gives anything: the student taught by the
/// teacher directly, by a graph that no teacher taught, and by both at once.
/// </summary>
internal sealed class KdBridge : MethodRecipe<string>
{
    private const int Size = 4;
    private const string Graph = "FiGNN";
    private const string Averaged = "averaged", Direct = "direct", Alone = "graph", Bridge = "bridge", OfGraph = "from-graph",
        Bridged = "bridged", Both = "both";

    public override string Name => "kd/bridge";

    public override string Summary => "a teacher, a graph of fields between, and a student: our reading of BKD, with its controls";

    public override string Source => "Deng et al. 2023, SIGIR, abstract only; Li et al. 2019 for the graph";

    public override IReadOnlyList<string> Methods { get; } = [Averaged, Direct, Alone, Bridge, OfGraph, Bridged, Both];

    protected override (int Least, bool Several) Sizes => (1, false);

    protected override string UsualModel => "DNN";

    public override RecipeTable Table(RecipeRequest request, IReadOnlyList<RecipeOutcome> outcomes)
    {
        var (byName, comparisons) = (outcomes.ToDictionary(o => o.Run.Name), RowComparisons.Of(request.Memory));
        var rows = Ways(request)
            .Select(b => (b.Method, Row: FamilyRow.Of(TextOf(b.Method, request), b.Runs, byName, request.Memory)))
            .Where(b => b.Row is not null).ToDictionary(b => b.Method, b => b.Row!);
        return RecipeTable.Of(
            string.Create(CultureInfo.InvariantCulture, $"{Name}: {Summary}; {SizeOf(request)} members"),
            rows.Values.Select(r => new BridgeLine(r, rows[""], comparisons)), BridgeLine.Columns,
            ["Differences are from one model by itself, the first member. All that is taught matches logits: 20 times their squared difference and a tenth of the labels' cross-entropy, without dropout."],
            [.. Claims(rows, comparisons)]).WithBaselines(request.Memory, rows.Values);
    }

    private static IEnumerable<Experiments.Statistics.Claim> Claims(Dictionary<string, FamilyRow> rows, RowComparisons comparisons)
    {
        if (!rows.TryGetValue(Bridged, out var bridged))
            yield break;
        foreach (var other in new[] { "", Direct, OfGraph })
            if (rows.TryGetValue(other, out var row))
                yield return bridged.LargerAuc($"{bridged.Name}: above {row.Name}", row, comparisons);
    }

    // Each row with the runs of each replicate; the model by itself comes first.
    protected override List<MethodRuns<string>> Build(RunPlan plan, RecipeRequest request)
    {
        var (model, size) = (ModelOf(request), SizeOf(request));
        return MethodRuns<string>.Of(plan, "", Methods.Where(request.Asks), replicate =>
        {
            var teachers = plan.AloneEach(model, replicate, size);
            return method => method switch
            {
                "" => [teachers[0]],
                Averaged => teachers,
                Alone => [plan.Alone(Graph, replicate, 0)],
                Bridge => [Taught()],
                Direct => [Student(Direct, teachers)],
                OfGraph => [Student(OfGraph, [plan.Alone(Graph, replicate, 0)])],
                Bridged => [Student(Bridged, [Taught()])],
                _ => [Student(Both, [.. teachers, Taught()])],
            };

            string Taught() => plan.Taught(
                FormattableString.Invariant($"{Graph}-of-{model}x{size}"), Graph, replicate, ExperimentOptions.LogitMatching, teachers);

            string Student(string how, IReadOnlyList<string> by) =>
                plan.Taught(FormattableString.Invariant($"{model}x{size}-{how}"), model, replicate, ExperimentOptions.LogitMatching, by);
        });
    }

    private string TextOf(string method, RecipeRequest request) => method switch
    {
        "" => $"one {ModelOf(request)}",
        Averaged => "the teacher: members averaged",
        Direct => "student of the teacher",
        Alone => $"{Graph} by itself",
        Bridge => $"the bridge: {Graph} of the teacher",
        OfGraph => $"student of {Graph} by itself",
        Bridged => "student of the bridge",
        _ => "student of teacher and bridge",
    };

    private static int SizeOf(RecipeRequest request) => request.Members?[^1] ?? Size;
}
