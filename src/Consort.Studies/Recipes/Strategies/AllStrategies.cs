using System.Globalization;
using Consort.Models;
using Consort.Studies.Recipes.Kdef;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Mutual;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Strategies;

/// <summary>
/// Every way of learning over members of one model, beside that model by itself; on synthetic clicks also beside the best that any model
/// can reach. Each replicate trains the members by themselves once, and all that starts or learns from them takes these very runs.
/// </summary>
internal sealed class AllStrategies : Recipe
{
    private const int Size = 4;
    private const string Averaged = "averaged", DistilledAveraged = "distilled-averaged", DistilledKdef = "distilled-kdef";

    /// <inheritdoc/>
    public override string Name => "strategies/all";

    /// <inheritdoc/>
    public override string Summary => "every strategy beside one model and, on synthetic clicks, the best reachable";

    /// <inheritdoc/>
    public override string Source => "both papers; Hinton et al. 2015 for distillation";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Rows { get; } = [.. ModelCatalogue.Entries.Select(e => e.Name)];

    /// <inheritdoc/>
    public override RecipeOptions Options => RecipeOptions.AnyData | RecipeOptions.Methods | RecipeOptions.Members | RecipeOptions.Tuning;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Methods { get; } =
        [Averaged, MutualRow.Scratch, MutualRow.Control, MutualRow.Pretrained, .. KdefMethods.Compared.Select(m => m.Name), DistilledAveraged, DistilledKdef];

    /// <inheritdoc/>
    public override bool ComparesRows => true;

    /// <inheritdoc/>
    protected override (int Least, bool Several) Sizes => (2, false);

    /// <inheritdoc/>
    public override IReadOnlyList<RecipeRun> Plan(RecipeRequest request)
    {
        var plan = new RunPlan(request, Settings(request));
        _ = Build(plan, request);
        return plan.Runs;
    }

    /// <inheritdoc/>
    public override RecipeTable Table(RecipeRequest request, IReadOnlyList<RecipeOutcome> outcomes)
    {
        var byName = outcomes.ToDictionary(o => o.Run.Name);
        var rows = new List<FamilyRow>();
        foreach (var (method, runs) in Build(new RunPlan(request, Settings(request)), request))
        {
            var seeds = new Dictionary<int, Measured>();
            for (var r = 0; r < runs.Count; r++)
                if (runs[r].All(byName.ContainsKey))
                    seeds[r] = method.Length == 0 ? One([.. runs[r].Select(n => byName[n])], request) : request.Memory.Of([.. runs[r].Select(n => byName[n])]);
            if (seeds.Count > 0)
                rows.Add(new FamilyRow(method.Length == 0 ? $"one {ModelOf(request)}" : TextOf(method), seeds));
        }

        var ceiling = outcomes.Select(o => o.Summary.Ceiling).FirstOrDefault(c => c is not null);
        var lines = rows.Select(r => new StrategyLine(r, rows[0], ceiling, request.Memory.Comparisons)).ToArray();
        return new RecipeTable(
            string.Create(CultureInfo.InvariantCulture, $"{Name}: {Summary}; {SizeOf(request)} members"), StrategyLine.Columns, [.. lines.Select(l => l.Cells)],
            [.. Notes(ceiling), KdefRecipe.ClaimRule],
            [.. lines.Select(l => l.Json)])
        { Narrow = StrategyLine.Narrow, Claims = [.. rows.Skip(1).Select(r => r.LargerAuc($"{r.Name}: above one model", rows[0], request.Memory.Comparisons))] };
    }

    private static IEnumerable<string> Notes((double Auc, double LogLoss)? ceiling)
    {
        yield return "One model is the mean over the members trained by themselves; differences are from it, p by seeds by the paired t-test over replicates, p by rows by DeLong against the first of them.";
        if (ceiling is { } best)
            yield return string.Create(CultureInfo.InvariantCulture, $"The true click probabilities give AUC {best.Auc:F5} and log-loss {best.LogLoss:F5} on the same test rows. Gap closed is how much of the way from one model to there a family goes, in per cent, replicate by replicate.");
    }

    // Each method with the runs of each replicate; the model by itself, without a name, comes first.
    private List<(string Method, List<IReadOnlyList<string>> Runs)> Build(RunPlan plan, RecipeRequest request)
    {
        var (model, size) = (ModelOf(request), SizeOf(request));
        var methods = Methods.Where(m => request.Methods is null || request.Methods.Contains(m)).Prepend("").ToArray();
        var rows = methods.Select(m => (Method: m, Runs: new List<IReadOnlyList<string>>())).ToList();
        foreach (var replicate in plan.Replicates)
        {
            var alone = Enumerable.Range(0, size).Select(m => plan.Alone(model, replicate, m)).ToArray();
            foreach (var (method, runs) in rows)
                runs.Add(RunsOf(method, alone, replicate));
        }

        return rows;

        IReadOnlyList<string> RunsOf(string method, string[] alone, int replicate) => method switch
        {
            "" or Averaged => alone,
            MutualRow.Scratch => [plan.FromScratch(model, size, replicate)],
            MutualRow.Control or MutualRow.Pretrained => [plan.Tuned(
                string.Create(CultureInfo.InvariantCulture, $"{model}x{size}-{method}"), [.. Enumerable.Repeat(model, size)], replicate, alone, method == MutualRow.Pretrained)],
            DistilledAveraged => [plan.Distilled($"{model}-{method}", model, replicate, alone)],
            DistilledKdef => [plan.Distilled($"{model}-{method}", model, replicate, [Shared("kdef", replicate)])],
            _ => [Shared(method, replicate)],
        };

        string Shared(string method, int replicate) => plan.Shared(model, size, replicate, KdefMethods.Compared.First(m => m.Name == method));
    }

    private static string TextOf(string method) => method switch
    {
        Averaged => "independent, averaged",
        MutualRow.Scratch => "mutual from scratch",
        MutualRow.Control => "one epoch more each by itself",
        MutualRow.Pretrained => "mutual fine-tuning",
        DistilledAveraged => "one, distilled from the independent",
        DistilledKdef => "one, distilled from kdef",
        _ => method,
    };

    // The mean over the members; its rows are the first member's.
    private static Measured One(IReadOnlyList<RecipeOutcome> alone, RecipeRequest request) => request.Memory.Of([alone[0]]) with
    {
        Auc = alone.Average(o => o.Summary.Auc),
        LogLoss = alone.Average(o => o.Summary.LogLoss),
        MemberAuc = [.. alone.Select(o => o.Summary.Auc)],
    };

    private static int SizeOf(RecipeRequest request) => request.Members?[^1] ?? Size;

    private static string ModelOf(RecipeRequest request) => request.Only ?? Settings(request).FirstModel ?? "DNN";

    private static RecipeSettings Settings(RecipeRequest request) => request.Memory.Settings ??= new RecipeSettings(request, PaperSettings.Kdef);
}
