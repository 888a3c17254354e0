using System.Text;
using System.Text.Json;
using Consort.Data;
using Consort.Data.Numbers;
using Consort.Experiments.Diagnostics;
using Consort.Experiments.Files;
using Consort.Learning.Evaluation;

namespace Consort.Experiments.Reports.Reading;

/// <summary>Reads run folders; writes nothing into them.</summary>
internal static class RunReader
{
    /// <summary>Whether a folder holds a run.</summary>
    public static bool IsRun(string folder) => File.Exists(Path.Combine(folder, "experiment.yaml"));

    /// <summary>Reads a run, finished or stopped.</summary>
    /// <param name="folder">The folder, as the user named it.</param>
    /// <exception cref="ConsortException">A file is damaged.</exception>
    public static RunRecord Read(string folder)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var run = new RunRecord
        {
            Name = Path.GetFileName(full),
            Folder = full,
            Given = Path.TrimEndingDirectorySeparator(folder),
            Experiment = Experiment.OfRun(Path.Combine(full, "experiment.yaml")),
            Environment = ReadEnvironment(Path.Combine(full, "environment.json")),
            Evaluations = Events.Read(Path.Combine(full, "events.jsonl")),
            Diagnosis = DiagnosisFile.Read(full),
        };
        var metrics = Path.Combine(full, "metrics.json");
        return File.Exists(metrics) ? Parse(metrics, "results of a run", root => run with
        {
            Valid = Split(root.GetProperty("valid")),
            Test = root.GetProperty("test") is { ValueKind: not JsonValueKind.Null } test ? Split(test) : null,
            MemberAuc = [.. root.GetProperty("member_test_auc").EnumerateArray().Select(JsonNumbers.Read)],
            Parameters = root.GetProperty("parameters").GetInt64(),
            RowsPerSecond = JsonNumbers.Read(root.GetProperty("rows_per_second")),
            Seconds = JsonNumbers.Read(root.GetProperty("seconds")),
            PeakMemory = root.TryGetProperty("peak_memory_mb", out var memory) ? JsonNumbers.Read(memory) : double.NaN,
        }) : run;
    }

    /// <summary>Reads the metrics of an event.</summary>
    internal static Metrics Metrics(JsonElement value) => new(
        JsonNumbers.Read(value.GetProperty("auc")), JsonNumbers.Read(value.GetProperty("log_loss")), JsonNumbers.Read(value.GetProperty("calibration")),
        value.TryGetProperty("calibration_error", out var error) ? JsonNumbers.Read(error) : double.NaN,
        value.GetProperty("rows").GetInt64(), value.GetProperty("clicks").GetInt64());

    private static EnvironmentRecord ReadEnvironment(string path) => !File.Exists(path) ? new EnvironmentRecord([])
        : Parse(path, "an environment", root => new EnvironmentRecord(
            [.. root.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, p.Value.ToString()))]));

    private static SplitRecord Split(JsonElement split)
    {
        var ceiling = split.TryGetProperty("ceiling", out var found) ? found : default;
        return new SplitRecord(
            JsonNumbers.Read(split.GetProperty("auc")), JsonNumbers.Read(split.GetProperty("logloss")), JsonNumbers.Read(split.GetProperty("calibration")),
            split.GetProperty("rows").GetInt64(), split.GetProperty("clicks").GetInt64(),
            ceiling.ValueKind == JsonValueKind.Object ? JsonNumbers.Read(ceiling.GetProperty("auc")) : null,
            ceiling.ValueKind == JsonValueKind.Object ? JsonNumbers.Read(ceiling.GetProperty("logloss")) : null);
    }

    private static T Parse<T>(string path, string what, Func<JsonElement, T> read)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(path, Encoding.UTF8));
            return read(json.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new ConsortException($"{path}: the file is damaged, expected {what}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConsortException($"{path}: cannot be read: {e.Message}", e);
        }
    }
}
