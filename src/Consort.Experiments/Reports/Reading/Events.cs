using System.Text.Json;
using Consort.Data;
using Consort.Data.Numbers;

namespace Consort.Experiments.Reports.Reading;

/// <summary>
/// Reads the evaluations of an event log. A run that went on from a checkpoint may have made an evaluation twice: the later one
/// counts. A line that a crash cut short is passed over.
/// </summary>
internal static class Events
{
    public static IReadOnlyList<EvaluationRecord> Read(string path)
    {
        if (!File.Exists(path))
            return [];
        var found = new SortedDictionary<(long Steps, int Phase), EvaluationRecord>();
        var phases = new List<string>();
        foreach (var line in Lines(path))
        {
            try
            {
                using var json = JsonDocument.Parse(line);
                var root = json.RootElement;
                var name = root.GetProperty("event").GetString();
                if (name == "start" && root.TryGetProperty("resume", out var resume) && resume.ValueKind == JsonValueKind.False)
                    found.Clear(); // begun anew in the same folder
                if (name != "evaluation")
                    continue;
                var evaluation = Evaluation(root);
                if (!phases.Contains(evaluation.Phase))
                    phases.Add(evaluation.Phase);
                found[(evaluation.Steps, phases.IndexOf(evaluation.Phase))] = evaluation;
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                // Cut short, or of another version: the others still stand.
            }
        }

        return Place([.. found.Values]);
    }

    private static EvaluationRecord Evaluation(JsonElement root) => new(
        root.GetProperty("time").GetDateTime(), root.GetProperty("phase").GetString() ?? "", root.GetProperty("epoch").GetInt32(),
        root.GetProperty("steps").GetInt64(), 0, JsonNumbers.Read(root.GetProperty("learning_rate")),
        [.. root.GetProperty("loss").EnumerateObject().Select(t => KeyValuePair.Create(t.Name, JsonNumbers.Read(t.Value)))],
        RunReader.Metrics(root.GetProperty("valid")), [.. root.GetProperty("members").EnumerateArray().Select(JsonNumbers.Read)],
        root.GetProperty("best").GetBoolean());

    // Where each stands on an axis of epochs: phases follow one another, and several evaluations share an epoch evenly.
    private static List<EvaluationRecord> Place(List<EvaluationRecord> evaluations)
    {
        var placed = new List<EvaluationRecord>(evaluations.Count);
        var before = 0;
        foreach (var phase in evaluations.GroupBy(e => e.Phase))
        {
            foreach (var epoch in phase.GroupBy(e => e.Epoch))
            {
                var (count, number) = (epoch.Count(), 0);
                foreach (var evaluation in epoch)
                    placed.Add(evaluation with { Epochs = evaluation.Epoch == 0 ? before : before + evaluation.Epoch - 1 + ((double)++number / count) });
            }

            before += phase.Max(e => e.Epoch);
        }

        return placed;
    }

    private static List<string> Lines(string path)
    {
        try
        {
            // A run under way is still writing.
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream);
            var lines = new List<string>();
            while (reader.ReadLine() is { } line)
                if (line.Length > 0)
                    lines.Add(line);
            return lines;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConsortException($"{path}: cannot be read: {e.Message}", e);
        }
    }
}
