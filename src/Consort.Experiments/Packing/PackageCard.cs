using System.Text.Json;
using System.Text.Json.Nodes;
using Consort.Data.Datasets;
using Consort.Experiments.Running;
using Consort.Experiments.Statistics;
using Consort.Experiments.Updating;
using Consort.Foundation.Numbers;
using Consort.Learning.Diagnostics;
using Consort.Learning.Evaluation;

namespace Consort.Experiments.Packing;

/// <summary>What a package says of itself to people: the server's page shows it.</summary>
internal static class PackageCard
{
    private const int Bins = 10;
    private const double Normal95 = 1.959964;

    /// <summary>The card.</summary>
    /// <param name="run">The run that is packed.</param>
    /// <param name="models">The models in the package.</param>
    /// <param name="dataset">The run's rows, or null where they are not at hand.</param>
    /// <param name="measured">What <see cref="Measured"/> gives, or null.</param>
    public static JsonElement Of(FinishedRun run, IReadOnlyList<string> models, EncodedDataset? dataset, JsonObject? measured)
    {
        var card = new JsonObject { ["models"] = new JsonArray([.. models.Select(m => (JsonNode)m)]) };
        if (RunEnvironment.TimeOf(run.Folder) is { } time)
            card["trained"] = time;
        if (UpdateRecord.Read(run.Folder.Path) is { } update)
            card["lineage"] = Lineage(run, update);
        if (dataset is not null)
            card["training"] = new JsonObject { ["rows"] = dataset.Train.Rows, ["clicks"] = dataset.Train.Clicks };
        if (measured is not null)
            card["measured"] = measured;
        return JsonSerializer.SerializeToElement(card);
    }

    // From which run and rows it came, the first one first, this run the last.
    private static JsonArray Lineage(FinishedRun run, UpdateRecord update) =>
        new([.. update.Chain.Append(RunLink.Of(run.Folder, weights: ""))
            .Select(l => (JsonNode)new JsonObject { ["run"] = l.Run, ["data_key"] = l.DataKey })]);

    /// <summary>
    /// What the package's own probabilities are worth on a split: AUC with a 95 % interval over its rows (DeLong), log-loss, and a
    /// calibration curve over bins of equal size. Null where rows are too few, or of one class.
    /// </summary>
    public static JsonObject? Measured(string split, Metrics metrics, ScoredRows rows, float[] logits)
    {
        try
        {
            var error = DeLong.Measure(rows.Labels, logits, rows.Weights).StandardError;
            var curve = CalibrationCurve.Of(logits, rows.Labels, Bins, rows.Weights);
            return (JsonObject?)JsonNumbers.Clean(new JsonObject
            {
                ["split"] = split,
                ["rows"] = metrics.Rows,
                ["clicks"] = metrics.Clicks,
                ["auc"] = metrics.Auc,
                ["auc_low"] = Math.Max(0, metrics.Auc - (Normal95 * error)),
                ["auc_high"] = Math.Min(1, metrics.Auc + (Normal95 * error)),
                ["logloss"] = metrics.LogLoss,
                ["calibration_error"] = metrics.CalibrationError,
                ["predicted_over_observed"] = metrics.Calibration,
                ["curve"] = new JsonArray([.. curve.Bins.Select(b => (JsonNode)new JsonObject
                {
                    ["rows"] = b.Rows,
                    ["predicted"] = b.Predicted,
                    ["observed"] = b.Observed,
                })]),
            });
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
