using System.Globalization;
using Consort.Experiments.Files;
using Consort.Experiments.Statistics;
using Consort.Foundation.Options;
using Consort.Models;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Plans;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Kdef;

/// <summary>
/// A table of families on shared embeddings, each setting with the same seeds, compared with one of them. Settings follow one another
/// within a seed, so that the whole table is there after the first and gets its intervals with the others.
/// </summary>
internal abstract class KdefRecipe : Recipe
{
    private const ulong FirstSeed = 2021;

    public override string Source => "Li et al. 2024 (KDEF, formerly EKTF), arXiv 2411.16122";

    public override IReadOnlyList<string> Rows { get; } = [.. ModelCatalogue.Entries.Select(e => e.Name)];

    public override RecipeOptions Options => RecipeOptions.AnyData | RecipeOptions.Methods | RecipeOptions.Members;

    public override bool ComparesRows => true;

    /// <summary>The rows of the table; those with which others are compared come first.</summary>
    protected abstract IReadOnlyList<FamilySetting> Families(RecipeRequest request, RecipeSettings settings);

    /// <summary>The row with which all are compared.</summary>
    protected abstract FamilyRow Baseline(IReadOnlyDictionary<string, FamilyRow> rows);

    /// <summary>What the rows say of the paper's claims.</summary>
    protected abstract IEnumerable<Claim> Claims(IReadOnlyList<FamilySetting> settings, IReadOnlyDictionary<string, FamilyRow> rows,
        RowComparisons comparisons);

    /// <summary>Lines below the table.</summary>
    protected abstract IEnumerable<string> Notes { get; }

    public override IReadOnlyList<RecipeRun> Plan(RecipeRequest request)
    {
        var families = Families(request, Settings(request));
        return [.. Enumerable.Range(0, request.Seeds).SelectMany(s => families.Select(f => new RecipeRun(
            RunName(f, s), f.Key, FirstSeed + (ulong)s, f.Options)))];
    }

    public override RecipeTable Table(RecipeRequest request, IReadOnlyList<RecipeOutcome> outcomes)
    {
        var settings = Settings(request);
        var families = Families(request, settings);
        var (byName, comparisons) = (outcomes.ToDictionary(o => o.Run.Name), RowComparisons.Of(request.Memory));
        var rows = new Dictionary<string, FamilyRow>();
        foreach (var family in families)
            if (FamilyRow.Of(family.Name, [.. Enumerable.Range(0, request.Seeds).Select(s => (string[])[RunName(family, s)])], byName,
                request.Memory) is { } row)
                rows[family.Key] = row;
        var finished = families.Where(f => rows.ContainsKey(f.Key)).ToArray();
        var baseline = Baseline(rows);
        var isTheirs = settings.Shape == DataShape.Criteo
            && rows.Values.First().Seeds.Values.First().TestRows >= KdefPublished.WholeTestRows;
        var lines = finished.Select(f => new KdefLine(f, rows[f.Key], baseline, isTheirs ? f.Published : null, comparisons)).ToArray();
        var q = ManyTests.BenjaminiHochberg([.. lines.Select(l => l.Joint?.PValue)]);
        return RecipeTable.Of(
            $"{Name}: {Summary}", lines.Zip(q, (line, value) => line with { Q = value }), KdefLine.Columns,
            ["Discrepancy is the mean over members and test rows of |p_m − p_ens|; members' AUC and their sd are means over seeds.",
                $"Differences are from \"{baseline.Name}\": p by seeds is the paired t-test over seeds, p by rows DeLong's (AUC) or the bootstrap's (log-loss) on the test rows. The interval of both is for new seeds and new rows; q is its p-value corrected for the rows of this table (Benjamini and Hochberg): of all with q up to 0.05, one in twenty is expected to be none.", .. Notes],
            [.. Claims(finished, rows, comparisons)]).WithBaselines(request.Memory, rows.Values);
    }

    /// <summary>The model that families are made of.</summary>
    protected static string ModelOf(RecipeRequest request, RecipeSettings settings) => request.Only ?? settings.FirstModel ?? "DNN";

    /// <summary>A model by itself.</summary>
    protected static FamilySetting Alone(RecipeSettings settings, string model) => new(
        $"{model}-alone", $"{model} alone", FamilySetting.Alone, 1,
        settings.Of(model).Options.Family($"{model} alone", isShared: true, OptionTree.Keys(("name", "supervised")),
            settings.Member(model)));

    /// <summary>M models of one kind.</summary>
    protected static FamilySetting Alike(RecipeSettings settings, string model, int members, KdefMethod method)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{model}x{members}-{method.Name}");
        var name = string.Create(CultureInfo.InvariantCulture, $"{members} × {model}, {method.Name}");
        return new FamilySetting(key, name, method.Name, members, settings.Of(model).Options.Family(
            name, isShared: true, method.Strategy, settings.Member(model).With("count", members)));
    }

    /// <summary>Those that were asked for, or all.</summary>
    protected static IEnumerable<KdefMethod> Chosen(RecipeRequest request, IReadOnlyList<KdefMethod> methods) =>
        methods.Where(m => request.Methods is null || request.Methods.Contains(m.Name));

    private static RecipeSettings Settings(RecipeRequest request) =>
        request.Memory.Of("", () => new RecipeSettings(request, PaperSettings.Kdef));

    private static string RunName(FamilySetting family, int seed) =>
        string.Create(CultureInfo.InvariantCulture, $"{family.Key}-seed{FirstSeed + (ulong)seed}");
}
