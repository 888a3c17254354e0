namespace Consort.Import;

/// <summary>What FuxiCTR's <c>metrics</c>, <c>group_id</c> and <c>monitor</c> become.</summary>
internal static class MetricImport
{
    /// <summary>Says of each metric whether it is measured; those within groups are by another command.</summary>
    public static void Measured(ConfigSection section, ImportNotes notes)
    {
        var group = section.Take("group_id");
        var measured = $"`consort diagnose --group {group?.Shown ?? "FIELD"} RUN` gives gAUC, for a categorical field";
        if (section.Take("metrics") is { } metrics)
        {
            var (always, others) = (new List<string>(), new List<string>());
            foreach (var name in metrics.Items.Select(m => m.Shown))
                (name is "AUC" or "logloss" or "binary_crossentropy" ? always : others).Add(name);
            if (always.Count > 0)
                notes.Unneeded(metrics, "AUC and log-loss are always measured");
            foreach (var name in others)
            {
                notes.Lost(
                    metrics with { Node = name },
                    IsByGroup(name) ? $"not measured in train and evaluate: {measured}" : "no counterpart is known; AUC and log-loss are measured");
            }
        }

        if (group is not null)
            notes.Lost(group, $"train and evaluate measure nothing by group: {measured}");
    }

    /// <summary>The metric that chooses the best weights.</summary>
    /// <exception cref="ConsortException">A value is malformed.</exception>
    public static string Monitor(ConfigSection section, ImportNotes notes)
    {
        var mode = section.Take("monitor_mode");
        var isSmallest = mode is not null && mode.Text == "min";
        if (mode is not null && mode.Text is not ("min" or "max"))
            throw mode.Error("max or min");
        if (section.Take("monitor") is not { } monitor)
        {
            if (isSmallest)
                notes.Lost(mode!, "FuxiCTR would look for the smallest AUC; the largest is looked for");
            return "auc";
        }

        var parts = monitor.Mapping is { } map
            ? map.Entries.Select(e => (Name: e.Key, Weight: new ConfigValue(monitor.Key, e.Value, monitor.Source).Number))
            .Where(p => p.Weight != 0).ToArray()
            : [(Name: monitor.Text, Weight: 1.0)];
        var better = parts.Select(p => (Name: p.Name == "binary_crossentropy" ? "LOGLOSS" : p.Name.ToUpperInvariant(),
            IsLargest: p.Weight > 0 != isSmallest)).ToArray();
        if (better.Length == 1 && better[0] is ("AUC", true))
            return "auc";
        if (better.Length == 1 && better[0] is ("LOGLOSS", false))
            return "logloss";
        var isAuc = Array.Exists(better, p => p is ("AUC", true));
        var kept = isAuc || !Array.Exists(better, p => p is ("LOGLOSS", false)) ? "auc" : "logloss";
        var hint = parts.Any(p => IsByGroup(p.Name)) ? ", and none by group" : "";
        notes.Lost(monitor, $"one metric chooses the best weights{hint}; {kept} does");
        return kept;
    }

    private static bool IsByGroup(string metric) =>
        metric is "gAUC" or "avgAUC" or "MRR" || metric.StartsWith("NDCG", StringComparison.Ordinal);
}
