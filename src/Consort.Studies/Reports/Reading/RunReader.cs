using Consort.Experiments.Files;
using Consort.Experiments.Updating;
using Consort.Foundation.Files;
using Consort.Foundation.Options;
using Consort.Learning.Evaluation;
using Consort.Learning.Runs;
using Consort.Studies.Diagnostics;

namespace Consort.Studies.Reports.Reading;

/// <summary>Reads run folders; writes nothing into them.</summary>
internal static class RunReader
{
    /// <summary>Whether a folder holds a run.</summary>
    public static bool IsRun(string folder) => File.Exists(new RunFolder(folder).Experiment);

    /// <summary>Whether a folder with an experiment is that of a run, and no place where experiments are written.</summary>
    public static bool HasBegun(string folder) =>
        new RunFolder(folder) is var run
        && (File.Exists(run.Environment) || File.Exists(run.Events) || File.Exists(run.Metrics));

    /// <summary>Reads a run, finished or stopped.</summary>
    /// <param name="folder">The folder, as the user named it.</param>
    /// <param name="catalogues">By which names in its experiment are resolved; null for those that come along.</param>
    /// <exception cref="ConsortException">A file is damaged.</exception>
    public static RunRecord Read(string folder, Catalogues? catalogues = null)
    {
        var full = Path.TrimEndingDirectorySeparator(new RunFolder(folder).Path);
        var run = new RunRecord
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            Folder = full,
            Given = Path.TrimEndingDirectorySeparator(folder),
            Experiment = Experiment.OfRun(Path.Combine(full, "experiment.yaml"), catalogues),
            Environment = ReadEnvironment(Path.Combine(full, "environment.json")),
            Evaluations = Events.Read(Path.Combine(full, "events.jsonl")),
            Diagnosis = DiagnosisFile.Read(full),
            Update = UpdateRecord.Read(full),
        };
        var metrics = Path.Combine(full, "metrics.json");
        return File.Exists(metrics) ? JsonText.Read(metrics, Damaged(metrics, "results of a run"), root => run with
        {
            Valid = Split(root["valid"]),
            Test = root["test"] is { IsNull: false } test ? Split(test) : null,
            MemberAuc = [.. root["member_test_auc"].Items().Select(m => m.Number())],
            Parameters = root["parameters"].Whole(),
            RowsPerSecond = root["rows_per_second"].Number(),
            Seconds = root["seconds"].Number(),
            PeakMemory = root.Find("peak_memory_mb")?.Number() ?? double.NaN,
        }) : run;
    }

    /// <summary>Reads the metrics of an event.</summary>
    internal static Metrics Metrics(JsonPart value) => new(
        value["auc"].Number(), value["log_loss"].Number(), value["calibration"].Number(),
        value.Find("calibration_error")?.Number() ?? double.NaN, value["rows"].Whole(), value["clicks"].Whole());

    private static EnvironmentRecord ReadEnvironment(string path) => !File.Exists(path) ? new EnvironmentRecord([])
        : JsonText.Read(path, Damaged(path, "an environment"), root => new EnvironmentRecord(
            [.. root.Entries().Select(p => KeyValuePair.Create(p.Key, p.Value.Written()))]));

    private static SplitRecord Split(JsonPart split)
    {
        var ceiling = split.Find("ceiling") is { IsNull: false } found ? found : (JsonPart?)null;
        return new SplitRecord(
            split["auc"].Number(), split["logloss"].Number(), split["calibration"].Number(), split["rows"].Whole(), split["clicks"].Whole(),
            ceiling?["auc"].Number(), ceiling?["logloss"].Number())
        {
            GroupAuc = Found("gauc"),
            GroupInterval = (Found("gauc_low"), Found("gauc_high")),
        };

        double? Found(string key) => split.Find(key) is { IsNull: false } value ? value.Number() : null;
    }

    private static Func<string, ConsortException> Damaged(string path, string expected) =>
        what => new ConsortException($"{path}: the file is damaged, expected {expected}: {what}");
}
