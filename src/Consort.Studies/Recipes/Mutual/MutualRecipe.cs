using Consort.Experiments.Statistics;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Plans;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Mutual;

/// <summary>
/// A table of mutual learning among members with embeddings of their own. Each replicate trains members by themselves once; all that
/// fine-tunes starts from these very runs, so that differences are paired.
/// </summary>
internal abstract class MutualRecipe : Recipe
{
    /// <summary>The paper's models.</summary>
    protected static readonly string[] Models = ["FiBiNET", "DCN", "PNN", "DeepFM"];

    public override string Source => "Yilmaz and Aldemir 2024, arXiv 2406.12087";

    public override IReadOnlyList<string> Rows => Models;

    public override RecipeOptions Options => RecipeOptions.AnyData | RecipeOptions.Tuning;

    public override bool ComparesRows => true;

    /// <summary>Adds the runs of a replicate and gives its rows; a row with which others are compared comes before them.</summary>
    protected abstract IEnumerable<MutualRow> Build(RunPlan plan, int replicate, RecipeRequest request, DataShape shape);

    /// <summary>What the rows say of the paper's claims.</summary>
    protected abstract IEnumerable<Claim> Claims(IReadOnlyDictionary<string, FamilyRow> rows);

    /// <summary>Lines below the table.</summary>
    protected virtual IEnumerable<string> Notes => [];

    public override IReadOnlyList<RecipeRun> Plan(RecipeRequest request)
    {
        var settings = Settings(request);
        var plan = new RunPlan(request, settings);
        _ = AllRows(plan, request, settings.Shape);
        return plan.Runs;
    }

    public override RecipeTable Table(RecipeRequest request, IReadOnlyList<RecipeOutcome> outcomes)
    {
        var settings = Settings(request);
        var byName = outcomes.ToDictionary(o => o.Run.Name);
        var rows = new Dictionary<string, FamilyRow>();
        var lines = new List<MutualLine>();
        foreach (var replicates in AllRows(new RunPlan(request, settings), request, settings.Shape))
        {
            var row = replicates.First();
            if (FamilyRow.Of(row.Name, [.. replicates.Select(r => r.Runs)], byName, request.Memory) is not { } all)
                continue;
            var family = rows[row.Name] = all.Select((_, measured) => Chosen(measured, row.Members));
            var isWhole = family.Seeds.Values.First().TestRows >= MutualPublished.WholeTestRows;
            lines.Add(new MutualLine(
                row with { Published = isWhole ? row.Published : null }, family, row.Baseline is { } b
                ? rows.GetValueOrDefault(b) : null, RowComparisons.Of(request.Memory)));
        }

        var q = ManyTests.BenjaminiHochberg([.. lines.Select(l => l.Difference?.PValue)]);
        return RecipeTable.Of(
            $"{Name}: {Summary}", lines.Zip(q, (line, value) => line with { Q = value }), MutualLine.Columns,
            ["AUC is the mean of the members' own, its sd and interval are over replicates; differences are from the row of the same runs before fine-tuning (independent), paired by replicate. RelaImp is the relative improvement of AUC − 0.5 in per cent. The ensemble is the mean of logits, its p that of DeLong on the test rows. q is p corrected for the rows of this table (Benjamini and Hochberg).", .. Notes],
            [.. Claims(rows)]).WithBaselines(request.Memory, rows.Values);
    }

    private IGrouping<string, MutualRow>[] AllRows(RunPlan plan, RecipeRequest request, DataShape shape) =>
        [.. plan.Replicates.SelectMany(replicate => Build(plan, replicate, request, shape)).GroupBy(row => row.Name)];

    /// <summary>A claim about members' own AUC, where both rows are there.</summary>
    protected static IEnumerable<Claim> LargerMembers(IReadOnlyDictionary<string, FamilyRow> rows, string text, string larger,
        string smaller)
    {
        if (rows.TryGetValue(larger, out var first) && rows.TryGetValue(smaller, out var second))
            yield return first.Larger(text, second, m => m.MeanMemberAuc);
    }

    /// <summary>
    /// A claim over several pairs of rows, one a model: of each replicate one difference, the mean over the pairs, for the pairs of a
    /// replicate have seeds in common, some a run; and of each model one, the mean over replicates, for models differ.
    /// </summary>
    internal static IEnumerable<Claim> LargerInAll(IReadOnlyDictionary<string, FamilyRow> rows, string text,
        IEnumerable<(string Larger, string Smaller)> pairs)
    {
        var both = pairs.Where(p => rows.ContainsKey(p.Larger) && rows.ContainsKey(p.Smaller)).ToArray();
        if (both.Length < 2)
            yield break;
        var (larger, smaller) = (Pool(both.Select(p => rows[p.Larger])), Pool(both.Select(p => rows[p.Smaller])));
        yield return larger.Larger(text, smaller, m => m.MeanMemberAuc) with
        {
            Models = OverModels(both.Select(p => rows[p.Larger].BySeeds(rows[p.Smaller], m => m.MeanMemberAuc)?.Difference)),
        };
    }

    // Null where a model has fewer than two replicates: then nothing is known over replicates either.
    private static Comparison? OverModels(IEnumerable<double?> differences) =>
        differences.ToArray() is var all && all.Contains(null) ? null : new Replicates([.. all.OfType<double>()]).Interval;

    internal static FamilyRow Pool(IEnumerable<FamilyRow> rows)
    {
        var all = rows.ToArray();
        var replicates = all.Select(r => r.Seeds.Keys).Aggregate((a, b) => a.Intersect(b));
        return new FamilyRow("all", replicates.ToDictionary(r => r, r => all[0].Seeds[r]
            with
        { MemberAuc = [all.Average(row => row.Seeds[r].MeanMemberAuc)] }));
    }

    private static Measured Chosen(Measured measured, IReadOnlyList<int>? members) =>
        members is null || measured.MemberAuc.Count == members.Count
        ? measured : measured with { MemberAuc = [.. members.Select(m => measured.MemberAuc[m])] };

    private static RecipeSettings Settings(RecipeRequest request) =>
        request.Memory.Of("", () => new RecipeSettings(request, PaperSettings.Mutual));
}
