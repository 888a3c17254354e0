using System.Reflection;
using Consort.Experiments.Statistics;
using Consort.Foundation.Numbers;
using Consort.Foundation.Options;

namespace Consort.Studies.Recipes;

/// <summary>
/// Models of the zoo on Frappe with the settings that BARS publishes, beside the published AUC. The settings are the files
/// of <c>configs/frappe_x1</c>.
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

    private static readonly Lazy<Dictionary<string, OptionTree>> Settings = new(() => typeof(BarsFrappe).Assembly.GetManifestResourceNames()
        .Where(n => n.StartsWith(Resources, StringComparison.Ordinal))
        .Order(StringComparer.OrdinalIgnoreCase)
        .ToDictionary(n => Path.GetFileNameWithoutExtension(n), Read));

    /// <inheritdoc/>
    public override string Name => "bars/frappe_x1";

    /// <inheritdoc/>
    public override string Summary => "the models of the zoo on Frappe with BARS' settings, beside its published AUC";

    /// <inheritdoc/>
    public override string Source => "Zhu et al. 2022 (BARS), github.com/reczoo/BARS";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Rows => [.. Settings.Value.Keys];

    /// <inheritdoc/>
    public override IReadOnlyList<RecipeRun> Plan(RecipeRequest request) => [.. Settings.Value
        .Where(s => request.Only is null || s.Key == request.Only)
        .SelectMany(s => Enumerable.Range(0, request.Seeds).Select(i =>
        {
            var seed = FirstSeed + (ulong)i;
            return new RecipeRun(string.Create(ShownNumbers.Culture, $"{s.Key}-seed{seed}"), s.Key, seed, s.Value);
        }))];

    /// <summary>A model's settings, or null where BARS has none.</summary>
    internal static OptionTree? SettingsOf(string model) => Settings.Value.GetValueOrDefault(model);

    /// <inheritdoc/>
    public override RecipeTable Table(RecipeRequest request, IReadOnlyList<RecipeOutcome> outcomes)
    {
        var rows = new List<IReadOnlyList<string>>();
        var json = new List<IReadOnlyDictionary<string, object?>>();
        foreach (var group in outcomes.GroupBy(o => o.Run.Row))
        {
            var auc = new Replicates([.. group.Select(o => o.Summary.Auc)]);
            var logLoss = group.Average(o => o.Summary.LogLoss);
            var pace = group.Average(o => o.Summary.RowsPerSecond);
            var parameters = group.First().Summary.Parameters;
            (double Auc, double LogLoss)? published = Published.TryGetValue(group.Key, out var known) ? known : null;
            rows.Add([
                group.Key, Cell($"{auc.Values.Count}"), Cell($"{auc.Mean:F5}"), double.IsNaN(auc.Deviation) ? "" : Cell($"{auc.Deviation:F5}"), Cell($"{logLoss:F4}"),
                published is { } p ? Cell($"{p.Auc:F4}") : "", published is { } q ? Cell($"{auc.Mean - q.Auc:+0.0000;-0.0000}") : "", Cell($"{parameters:N0}"), Cell($"{pace:N0}")]);
            json.Add(new Dictionary<string, object?>
            {
                ["model"] = group.Key,
                ["seeds"] = auc.Values.Count,
                ["test_auc_mean"] = auc.Mean,
                ["test_auc_sd"] = auc.Deviation,
                ["test_logloss_mean"] = logLoss,
                ["published_auc"] = published?.Auc,
                ["parameters"] = parameters,
                ["rows_per_second"] = Math.Round(pace, 1),
            });
        }

        return new RecipeTable(
            "Frappe (frappe_x1) with BARS' settings",
            ["model", "seeds", "test AUC", "sd", "log-loss", "BARS AUC", "difference", "parameters", "rows/s"], rows,
            ["BARS prints the best of its runs of each model; the mean over seeds stands here. Rows/s: training, this machine."], json);
    }

    private static string Cell(FormattableString text) => text.ToString(ShownNumbers.Culture);

    private static OptionTree Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return OptionTree.Parse(reader.ReadToEnd(), name);
    }
}
