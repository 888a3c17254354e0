using Consort.Experiments.Statistics;
using Consort.Foundation.Numbers;
using Consort.Foundation.Options;

namespace Consort.Studies.Recipes;

/// <summary>
/// Models of the zoo on Frappe with the settings that BARS publishes, beside the published AUC. The settings are the files of
/// <c>configs/frappe_x1</c>.
/// </summary>
internal sealed class BarsFrappe : Recipe
{
    private const string Resources = "configs/frappe_x1/";
    private const ulong FirstSeed = 2021; // BARS' own

    // reczoo/BARS, docs/CTR/leaderboard: the best of its runs.
    private static readonly Dictionary<string, (double Auc, double LogLoss)> Published = new()
    {
        ["LR"] = (.9356, .3076),
        ["FM"] = (.9671, .2065),
        ["FFM"] = (.9786, .1860),
        ["FwFM"] = (.9776, .2030),
        ["AFM"] = (.9697, .2264),
        ["NFM"] = (.9804, .2058),
        ["DNN"] = (.9833, .1622),
        ["WideDeep"] = (.9841, .1490),
        ["PNN"] = (.9841, .1540),
        ["DeepFM"] = (.9842, .1482),
        ["DCN"] = (.9839, .1527),
        ["DCNv2"] = (.9845, .1491),
        ["xDeepFM"] = (.9845, .1466),
        ["AutoInt"] = (.9831, .1637),
        ["AutoIntPlus"] = (.9848, .1490),
        ["FiBiNET"] = (.9832, .1941),
        ["AFN"] = (.9811, .2331),
        ["AFNPlus"] = (.9826, .2139),
        ["MaskNet"] = (.9837, .1696),
        ["DLRM"] = (.9840, .1444),
        ["FinalMLP"] = (.9861, .1484),
        ["FinalNet-1B"] = (.9852, .1366),
        ["FinalNet"] = (.9857, .1311),
    };

    private static readonly Lazy<Dictionary<string, OptionTree>> Settings = new(() => EmbeddedSettings.Below(Resources)
        .Order(StringComparer.OrdinalIgnoreCase)
        .ToDictionary(n => Path.GetFileNameWithoutExtension(n), EmbeddedSettings.Read));

    public override string Name => "bars/frappe_x1";

    public override string Summary => "the models of the zoo on Frappe with BARS' settings, beside its published AUC";

    public override string Source => "Zhu et al. 2022 (BARS), github.com/reczoo/BARS";

    public override IReadOnlyList<string> Rows => [.. Settings.Value.Keys];

    public override IReadOnlyList<RecipeRun> Plan(RecipeRequest request) => [.. Settings.Value
        .Where(s => request.Only is null || s.Key == request.Only)
        .SelectMany(s => Enumerable.Range(0, request.Seeds).Select(i =>
        {
            var seed = FirstSeed + (ulong)i;
            return new RecipeRun(string.Create(ShownNumbers.Culture, $"{s.Key}-seed{seed}"), s.Key, seed, s.Value);
        }))];

    /// <summary>A model's settings, or null where BARS has none.</summary>
    internal static OptionTree? SettingsOf(string model) => Settings.Value.GetValueOrDefault(model);

    public override RecipeTable Table(RecipeRequest request, IReadOnlyList<RecipeOutcome> outcomes) => RecipeTable.Of(
        "Frappe (frappe_x1) with BARS' settings", outcomes.GroupBy(o => o.Run.Row).Select(Line.Of),
        [
            new("model", l => l.Model, Key: "model"),
            new("seeds", l => l.Auc.Values.Count, "N0", "seeds"),
            new("test AUC", l => l.Auc.Mean, "F5", "test_auc_mean"),
            new("sd", l => l.Auc.Deviation, "F5", "test_auc_sd"),
            new("log-loss", l => l.LogLoss, "F4", "test_logloss_mean"),
            new("BARS AUC", l => l.Published, "F4", "published_auc"),
            new("difference", l => l.Auc.Mean - l.Published, "+0.0000;-0.0000"),
            new("parameters", l => l.Parameters, "N0", "parameters"),
            new("rows/s", l => l.Pace, "N0", "rows_per_second"),
        ],
        ["BARS prints the best of its runs of each model; the mean over seeds stands here. Rows/s: training, this machine."]);

    private sealed record Line(string Model, Replicates Auc, double LogLoss, double? Published, long Parameters, double Pace)
    {
        public static Line Of(IGrouping<string, RecipeOutcome> runs) => new(
            runs.Key, new Replicates([.. runs.Select(o => o.Summary.Auc)]), runs.Average(o => o.Summary.LogLoss),
            BarsFrappe.Published.TryGetValue(runs.Key, out var known) ? known.Auc : null, runs.First().Summary.Parameters,
            Math.Round(runs.Average(o => o.Summary.RowsPerSecond), 1));
    }
}
