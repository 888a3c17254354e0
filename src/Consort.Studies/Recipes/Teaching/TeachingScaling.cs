using System.Globalization;
using Consort.Experiments.Statistics;
using Consort.Models;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Plans;

namespace Consort.Studies.Recipes.Teaching;

/// <summary>
/// What more members are worth: M = 1 to 16 of one tuned model by each way of making a family, at the memory of one model and at the
/// arithmetic of one.
/// </summary>
internal sealed class TeachingScaling : MethodRecipe<(ScalingWay? Way, int Members)>
{
    private const string RecipeName = "teaching/scaling";
    private static readonly int[] UsualSizes = [2, 4, 8, 16];

    public override string Name => RecipeName;

    public override string Summary => "what more members are worth, at the memory and at the arithmetic of one model";

    public override string Source => "both papers; Gorishniy et al. 2025 for TabM";

    public override IReadOnlyList<string> Rows { get; } = [.. ModelCatalogue.Entries
        .Where(e => e.Options.Facts.Any(f => f is { Key: "hidden_units", Default: not "[]" })).Select(e => e.Name)];

    public override IReadOnlyList<string> Methods { get; } = [.. ScalingWay.All.Select(w => w.Name)];

    protected override string UsualModel => "DNN";

    public override RecipeTable Table(RecipeRequest request, IReadOnlyList<RecipeOutcome> outcomes)
    {
        var byName = outcomes.ToDictionary(o => o.Run.Name);
        var lines = new List<ScalingLine>();
        FamilyRow? one = null;
        foreach (var ((way, members), runs) in Ways(request))
            if (FamilyRow.Of(TextOf(way, members), runs, byName, request.Memory) is { } row)
                lines.Add(new ScalingLine(way, members, row, one ??= row));
        var comparisons = RowComparisons.Of(request.Memory);
        return RecipeTable.Of($"{Name}: {Summary}", lines, ScalingLine.Columns, Notes, [.. Claims(lines, comparisons)])
            .WithBaselines(request.Memory, lines.Select(l => l.Row));
    }

    private static IReadOnlyList<string> Notes { get; } =
    [
        "At the arithmetic of one: every other width of the tower, from the first, divided by M, so that M towers multiply as often as one. Tables of the size of one: the embedding dimension divided by M, at least 1. One table: members share it, and their towers are as wide as one's.",
        "Differences, log-loss and claims are in expectation over the clicks where the true probabilities are known; elsewhere claims are for new rows, too.",
    ];

    // Each way at its most members against one model, against its fewest, and against the average at the same memory or arithmetic.
    private static IEnumerable<Claim> Claims(List<ScalingLine> lines, RowComparisons comparisons)
    {
        foreach (var way in lines.Where(l => l.Way is not null).GroupBy(l => l.Way!))
        {
            var (few, many) = (way.MinBy(l => l.Members)!, way.MaxBy(l => l.Members)!);
            yield return Larger(many, "one model", many.One);
            if (few != many)
                yield return Larger(many, $"{few.Members} members", few.Row);
            if (way.Key.Family != ScalingWay.Averaged && lines.Find(l => l.Members == many.Members
                && l.Way is { Family: ScalingWay.Averaged } average && average.Held == way.Key.Held) is { } peer)
                yield return Larger(many, peer.Row.Name, peer.Row);
        }

        // The chance of the rows' clicks is out of an expectation.
        Claim Larger(ScalingLine line, string than, FamilyRow other) => line.Row.Seeds.Values.All(m => m.Expected is not null)
            ? line.Row.Larger($"{line.Row.Name}: above {than}", other, ScalingLine.Auc)
            : line.Row.LargerAuc($"{line.Row.Name}: above {than}", other, comparisons);
    }

    // The model by itself comes first, then the ways, each by its number of members.
    protected override List<MethodRuns<(ScalingWay? Way, int Members)>> Build(RunPlan plan, RecipeRequest request)
    {
        var settings = Settings(request);
        var model = ModelOf(request);
        if (!TowerWidths.Has(settings.Member(model)))
            throw new ConsortException($"{RecipeName} with {model}: found no hidden_units, expected a model with a tower, whose widths say what members cost");
        var rows =
            from way in ScalingWay.All
            where request.Asks(way.Name)
            from members in request.Members ?? UsualSizes
            where members > 1
            select ((ScalingWay?)way, members);
        return MethodRuns<(ScalingWay? Way, int Members)>.Of(plan, (null, 1), rows, replicate =>
        {
            var start = new ScalingStart(plan, settings, model, replicate);
            return row => row.Way is { } way ? way.Runs(start, row.Members) : [start.One];
        });
    }

    private static string TextOf(ScalingWay? way, int members) =>
        way is null ? "one, tuned" : string.Create(CultureInfo.InvariantCulture, $"{members} {way.Text}");
}
