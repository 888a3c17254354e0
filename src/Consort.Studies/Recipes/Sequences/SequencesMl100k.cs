using System.Globalization;
using Consort.Experiments.Statistics;
using Consort.Foundation.Options;
using Consort.Studies.Recipes.Measures;

namespace Consort.Studies.Recipes.Sequences;

/// <summary>
/// Models that read histories on MovieLens-100K as clicks, beside what FuxiCTR reaches on the same rows with the same settings, and beside
/// a model that reads no history. The settings are the files of <c>configs/ml100k</c>.
/// </summary>
internal sealed class SequencesMl100k : Recipe
{
    private const string Resources = "configs/ml100k/";
    private const ulong FirstSeed = 2024; // FuxiCTR's own on these rows
    private const string Without = "DNN-without";

    // FuxiCTR 2.3.10 on these rows, one run each; of DeepFM the mean of two.
    private static readonly (string Name, string Text, PeerResult? Peer)[] Models =
    [
        (Without, "DNN, no history", new(.85283, .85546, .48692)),
        ("DNN", "DNN, pooled", new(.90321, .90369, .45264)),
        ("DeepFM", "DeepFM, pooled", new(.90137, .90013, .46581)),
        ("DIN", "DIN", new(.90130, .89840, .42691)),
        ("DIEN", "DIEN", new(.90138, .89969, .44352)),
        ("BST", "BST", new(.91044, .90858, .40988)),
        ("DMIN", "DMIN", null), // not measured
    ];

    public override string Name => "sequences/ml100k";

    public override string Summary => "what models make of histories, beside FuxiCTR on the same rows";

    public override string Source => "FuxiCTR 2.3.10 run on these rows; Zhou et al. 2018 and 2019, Chen et al. 2019, Xiao et al. 2020";

    public override IReadOnlyList<string> Rows { get; } = [.. Models.Select(m => m.Name)];

    public override bool ComparesRows => true;

    // Seeds outside: a table of all models is there early.
    public override IReadOnlyList<RecipeRun> Plan(RecipeRequest request) => [.. Enumerable.Range(0, request.Seeds).SelectMany(seed =>
        Chosen(request).Select(m => new RecipeRun(NameOf(m, seed), m, FirstSeed + (ulong)seed, Settings(m))))];

    public override RecipeTable Table(RecipeRequest request, IReadOnlyList<RecipeOutcome> outcomes)
    {
        var (byName, comparisons) = (outcomes.ToDictionary(o => o.Run.Name), RowComparisons.Of(request.Memory));
        var lines = new List<SequenceLine>();
        foreach (var (name, text, peer) in Models.Where(m => Chosen(request).Contains(m.Name)))
        {
            var runs = Enumerable.Range(0, request.Seeds).Select(s => (IReadOnlyList<string>)[NameOf(name, s)]).ToList();
            if (FamilyRow.Of(text, runs, byName, request.Memory) is not { } row)
                continue;
            var summaries = outcomes.Where(o => o.Run.Row == name).Select(o => o.Summary).ToArray();
            lines.Add(new SequenceLine(row, new Replicates([.. summaries.Select(s => s.GroupAuc)]),
                name == Without ? row : lines.FirstOrDefault()?.Without, peer, comparisons, summaries.Average(s => s.RowsPerSecond))
            {
                OverUsers = (summaries.Average(s => s.GroupInterval.Low), summaries.Average(s => s.GroupInterval.High)),
            });
        }

        return RecipeTable.Of($"{Name}: {Summary}", lines, SequenceLine.Columns, Notes, [.. Claims(lines)])
            .WithBaselines(request.Memory, lines.Select(l => l.Row));
    }

    private static IReadOnlyList<string> Notes { get; } =
    [
        "Better, within noise, below: FuxiCTR's AUC, one run, held against where one more run of this model would fall with 95 %, mean ± t · sd · √(1 + 1/n). That is the noise of seeds alone; the test rows, the same for both, have a standard error of about 0.003 by themselves.",
        "FuxiCTR's settings are these but for its patience of 2, its rate that falls at each miss, and the DIN's λ of 1e-3; a pooled DNN with λ 1e-3 gives it 0.90500. Group AUC is within users, weighted by rows; its interval draws users with replacement and tells nothing of other seeds. Intervals take the rows of one user together.",
    ];

    // Each against no history, and against the pooled DNN.
    private static IEnumerable<Claim> Claims(IReadOnlyList<SequenceLine> lines)
    {
        foreach (var other in new[] { 0, 1 })
        {
            var beside = lines.FirstOrDefault(l => l.Row.Name == Models[other].Text);
            if (beside is null)
                continue;
            foreach (var line in lines.SkipWhile(l => l != beside).Skip(1))
                yield return line.Row.LargerAuc($"{line.Row.Name}: above {beside.Row.Name}", beside.Row, line.Comparisons);
        }
    }

    private static IEnumerable<string> Chosen(RecipeRequest request) =>
        Models.Select(m => m.Name).Where(m => request.Only is null || m == request.Only);

    private static string NameOf(string model, int seed) =>
        string.Create(CultureInfo.InvariantCulture, $"{model}-seed{FirstSeed + (ulong)seed}");

    private static OptionTree Settings(string model)
    {
        var options = EmbeddedSettings.Read($"{Resources}{model}.yaml");
        return options.With("data.schema", EmbeddedSettings.Read(Resources + options.TextAt("data.schema")));
    }
}
