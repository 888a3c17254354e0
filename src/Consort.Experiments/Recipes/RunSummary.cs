using System.Text.Json;
using Consort.Data;
using Consort.Data.Numbers;
using Consort.Learning.Runs;

namespace Consort.Experiments.Recipes;

/// <summary>The results that a finished run has left in its folder.</summary>
/// <param name="Folder">The run folder.</param>
/// <param name="Auc">Of the ensemble on the test split, or on the validation split where there is no other.</param>
/// <param name="LogLoss">Likewise.</param>
/// <param name="MemberAuc">One a member.</param>
/// <param name="Parameters">Trained numbers.</param>
/// <param name="RowsPerSecond">Training rows.</param>
/// <param name="Seconds">The whole run.</param>
/// <param name="Epochs">Epochs of the last phase.</param>
public sealed record RunSummary(
    string Folder, double Auc, double LogLoss, IReadOnlyList<double> MemberAuc, long Parameters, double RowsPerSecond, double Seconds, int Epochs)
{
    /// <summary>What the true click probabilities give on the same split, or null where they are not known.</summary>
    public (double Auc, double LogLoss)? Ceiling { get; init; }

    /// <summary>Reads the results, or gives null where the run has not finished.</summary>
    /// <exception cref="ConsortException">The results are damaged.</exception>
    public static RunSummary? Find(RunFolder folder)
    {
        if (!File.Exists(folder.Metrics))
            return null;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(folder.Metrics));
            var root = json.RootElement;
            var split = root.GetProperty("test").ValueKind == JsonValueKind.Null ? root.GetProperty("valid") : root.GetProperty("test");
            return new RunSummary(
                folder.Path, JsonNumbers.Read(split.GetProperty("auc")), JsonNumbers.Read(split.GetProperty("logloss")),
                [.. root.GetProperty("member_test_auc").EnumerateArray().Select(JsonNumbers.Read)], root.GetProperty("parameters").GetInt64(),
                JsonNumbers.Read(root.GetProperty("rows_per_second")), JsonNumbers.Read(root.GetProperty("seconds")), root.GetProperty("epochs").GetInt32())
            {
                Ceiling = split.TryGetProperty("ceiling", out var ceiling) ? (JsonNumbers.Read(ceiling.GetProperty("auc")), JsonNumbers.Read(ceiling.GetProperty("logloss"))) : null,
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new ConsortException($"{folder.Metrics}: found no results of a run: {e.Message}; delete the folder to run it again", e);
        }
    }
}
