using System.Text.Json;
using Consort.Foundation.Files;
using Consort.Foundation.Numbers;
using Consort.Learning.Evaluation;
using Consort.Learning.Runs;
using Consort.Learning.Training;

namespace Consort.Experiments.Running;

/// <summary>The results of a run for machines: <c>metrics.json</c> and <c>train --json</c>. The keys stay as they are.</summary>
internal static class TrainMetrics
{
    private static readonly JsonSerializerOptions Json = JsonNumbers.In(new JsonSerializerOptions
    {
        WriteIndented = true,
    });

    /// <summary>The JSON text.</summary>
    public static string ToJson(TrainingResult result) => JsonSerializer.Serialize(
        new Dictionary<string, object?>
        {
            ["valid"] = Split(result.Valid),
            ["test"] = result.Test is null ? null : Split(result.Test),
            ["member_test_auc"] = (result.Test ?? result.Valid).Metrics.Members.Select(m => m.Auc),
            ["rows_per_second"] = Math.Round(result.RowsPerSecond, 1),
            ["parameters"] = result.Parameters,
            ["peak_memory_mb"] = Math.Round(result.PeakMemoryBytes / 1048576.0, 1),
            ["allocated_bytes_per_step"] = Math.Round(result.AllocatedBytesPerStep, 1),
            ["seconds"] = Math.Round(result.Seconds, 2),
            ["epochs"] = result.Epochs.Count == 0 ? 0 : result.Epochs[^1].Epoch,
            ["epochs_by_phase"] = result.Epochs.GroupBy(e => e.Phase).ToDictionary(g => g.Key, g => g.Max(e => e.Epoch)),
            ["memory_mb"] = result.Memory is { } memory ? Memory(memory) : null,
            ["member_test_calibration"] = (result.Test ?? result.Valid).Metrics.Members.Select(m => m.Calibration),
            ["members"] = result.Valid.Metrics.Members.Select((_, member) => Member(result, member)),
            ["ship"] = result.Ship is { } best ? Member(result, best) : null,
            ["ranks"] = result.Ranks,
            ["wire"] = result.Wire is { } wire ? new Dictionary<string, double>
            {
                ["bytes_per_step"] = Math.Round(wire.BytesPerStep),
                ["calls_per_step"] = Math.Round(wire.CallsPerStep, 1),
                ["seconds_per_step"] = Math.Round(wire.SecondsPerStep, 6),
            } : null,
        },
        Json);

    /// <summary>
    /// AUC and log-loss of each member on the validation split; none where the run has not finished, or has by an older version.
    /// </summary>
    /// <exception cref="ConsortException">The results are damaged.</exception>
    internal static IReadOnlyList<(double Auc, double LogLoss)> ValidOfMembers(RunFolder run) => !File.Exists(run.Metrics) ? []
        : JsonText.Read<(double, double)[]>(run.Metrics, what => new($"{run.Metrics}: the file is damaged: {what}"), root =>
            root.Find("members") is { IsNull: false } members
                ? [.. members.Items().Select(m => (m["valid_auc"].Number(), m["valid_logloss"].Number()))] : []);

    private static Dictionary<string, object?> Member(TrainingResult result, int member)
    {
        var (valid, test) = (result.Valid.Metrics.Members[member], result.Test?.Metrics.Members[member]);
        return new()
        {
            ["member"] = member,
            ["valid_auc"] = valid.Auc,
            ["valid_logloss"] = valid.LogLoss,
            ["test_auc"] = test?.Auc,
            ["test_logloss"] = test?.LogLoss,
        };
    }

    private static Dictionary<string, double> Memory(MemoryUse memory) => memory.Parts.Append(("rest", memory.Rest))
        .ToDictionary(p => p.Item1, p => Math.Round(p.Item2 / 1048576.0, 1));

    private static Dictionary<string, object> Split(SplitResult split)
    {
        var json = Of(split.Metrics.Ensemble);
        if (split.Ceiling is { } ceiling)
            json["ceiling"] = Of(ceiling);
        return json;
    }

    /// <summary>The best that could have been reached.</summary>
    internal static Dictionary<string, double> Of(CeilingResult ceiling) =>
        new() { ["auc"] = ceiling.Auc, ["logloss"] = ceiling.LogLoss };

    /// <summary>What was measured of rows.</summary>
    /// <param name="metrics">It.</param>
    /// <param name="withError">Whether the calibration error is among it.</param>
    internal static Dictionary<string, object> Of(Metrics metrics, bool withError = false)
    {
        var json = new Dictionary<string, object>
        {
            ["auc"] = metrics.Auc,
            ["logloss"] = metrics.LogLoss,
            ["calibration"] = metrics.Calibration,
        };
        if (withError)
            json["calibration_error"] = metrics.CalibrationError;
        (json["rows"], json["clicks"]) = (metrics.Rows, metrics.Clicks);
        if (metrics.GroupAuc is { } grouped)
            json["gauc"] = grouped;
        if (metrics is { GroupAucLow: { } low, GroupAucHigh: { } high })
            (json["gauc_low"], json["gauc_high"]) = (low, high);
        return json;
    }
}
