using System.Globalization;
using Consort.Experiments.Statistics;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Mutual;
using Consort.Studies.Recipes.Plans;

namespace Consort.Studies.Recipes.Strategies;

/// <summary>
/// Every way of learning over members of one model, beside that model by itself; on synthetic clicks also beside the best that any model
/// can reach. Each replicate trains the members by themselves once, and all that starts or learns from them takes these very runs.
/// </summary>
internal sealed class AllStrategies : MethodRecipe<string>
{
    private const int Size = 4;
    private const string Averaged = "averaged", DistilledAveraged = "distilled-averaged", DistilledKdef = "distilled-kdef";

    public override string Name => "strategies/all";

    public override string Summary => "every strategy beside one model and, on synthetic clicks, the best reachable";

    public override string Source => "both papers; Hinton et al. 2015 for distillation";

    public override RecipeOptions Options => RecipeOptions.AnyData | RecipeOptions.Methods | RecipeOptions.Members | RecipeOptions.Tuning;

    public override IReadOnlyList<string> Methods { get; } =
        [Averaged, MutualRow.Scratch, MutualRow.Control, MutualRow.Pretrained, .. KdefMethods.Compared.Select(m => m.Name),
            DistilledAveraged, DistilledKdef];

    protected override (int Least, bool Several) Sizes => (2, false);

    protected override string UsualModel => "DNN";

    public override RecipeTable Table(RecipeRequest request, IReadOnlyList<RecipeOutcome> outcomes)
    {
        var (byName, comparisons) = (outcomes.ToDictionary(o => o.Run.Name), RowComparisons.Of(request.Memory));
        var rows = Ways(request)
            .Select(b => FamilyRow.Of(TextOf(b.Method, request), b.Runs, byName, request.Memory) is not { } row ? null
            : b.Method.Length > 0 ? row : row.Select((s, _) => One([.. b.Runs[s].Select(n => byName[n])], request)))
            .OfType<FamilyRow>().ToArray();
        var ceiling = outcomes.Select(o => o.Summary.Ceiling).FirstOrDefault(c => c is not null);
        var averaged = Array.Find(rows, r => r.Name == TextOf(Averaged, request));
        var lines = rows.Select(r => new StrategyLine(r, rows[0], averaged, ceiling, comparisons)).ToArray();
        var q = ManyTests.BenjaminiHochberg([.. lines.Select(l => l.Joint?.PValue)]);
        return RecipeTable.Of(
            string.Create(CultureInfo.InvariantCulture, $"{Name}: {Summary}; {SizeOf(request)} members"),
            lines.Zip(q, (line, value) => line with { Q = value }), StrategyLine.Columns,
            [.. Notes(ceiling)],
            [.. rows.Skip(1).Select(r => r.LargerAuc($"{r.Name}: above one model", rows[0], comparisons))])
            .WithBaselines(request.Memory, rows);
    }

    private static IEnumerable<string> Notes((double Auc, double LogLoss)? ceiling)
    {
        yield return "One model is the mean over the members trained by themselves; differences are from it, p by seeds by the paired t-test over replicates, p by rows by DeLong against the first of them; the interval of both is for new replicates and new rows, and q is its p-value corrected for the rows of this table (Benjamini and Hochberg).";
        yield return "Share is what a row keeps of the gain of the independent, averaged: the difference from one model over theirs, with Fieller's interval over replicates; without ends where that gain is not significant itself.";
        if (ceiling is { } best)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"The true click probabilities give AUC {best.Auc:F5} and log-loss {best.LogLoss:F5} on the same test rows. Gap closed is how much of the way from one model to there a family goes, in per cent, replicate by replicate.");
    }

    // Each method with the runs of each replicate; the model by itself, without a name, comes first.
    protected override List<MethodRuns<string>> Build(RunPlan plan, RecipeRequest request)
    {
        var (model, size) = (ModelOf(request), SizeOf(request));
        return MethodRuns<string>.Of(plan, "", Methods.Where(request.Asks), replicate =>
        {
            var alone = plan.AloneEach(model, replicate, size);
            return method => RunsOf(method, alone, replicate);
        });

        IReadOnlyList<string> RunsOf(string method, string[] alone, int replicate) => method switch
        {
            "" or Averaged => alone,
            MutualRow.Scratch => [plan.FromScratch(model, size, replicate)],
            MutualRow.Control or MutualRow.Pretrained => [plan.Tuned(method, model, replicate, alone, method == MutualRow.Pretrained)],
            DistilledAveraged => [plan.Distilled($"{model}-{method}", model, replicate, alone)],
            DistilledKdef => [plan.Distilled($"{model}-{method}", model, replicate, [Shared("kdef", replicate)])],
            _ => [Shared(method, replicate)],
        };

        string Shared(string method, int replicate) =>
            plan.Shared(model, size, replicate, KdefMethods.Compared.First(m => m.Name == method));
    }

    private string TextOf(string method, RecipeRequest request) => method switch
    {
        "" => $"one {ModelOf(request)}",
        Averaged => "independent, averaged",
        MutualRow.Scratch => "mutual from scratch",
        MutualRow.Control => "one epoch more each by itself",
        MutualRow.Pretrained => "mutual fine-tuning",
        DistilledAveraged => "one, distilled from the independent",
        DistilledKdef => "one, distilled from kdef",
        _ => method,
    };

    // The mean over the members; its rows are the first member's.
    private static Measured One(IReadOnlyList<RecipeOutcome> alone, RecipeRequest request) =>
        request.Memory.Of(alone[0].Run.Name, () => Measured.Of(alone[0])) with
        {
            Auc = alone.Average(o => o.Summary.Auc),
            LogLoss = alone.Average(o => o.Summary.LogLoss),
            MemberAuc = [.. alone.Select(o => o.Summary.Auc)],
        };

    private static int SizeOf(RecipeRequest request) => request.Members?[^1] ?? Size;
}
