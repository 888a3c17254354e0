using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Consort.Kills;

/// <summary>Something that writes files, from a prepared folder to what it must come to.</summary>
/// <param name="Name">In the table.</param>
/// <param name="Command">What is killed.</param>
/// <param name="Again">What is run after it; the same command unless it is told to go on.</param>
/// <param name="Before">What must have been done before.</param>
/// <param name="Results">Files and folders that must be the same.</param>
internal sealed record Scenario(string Name, string Command, string Again, string[] Before, string[] Results)
{
    private static readonly string[] Leftovers = [".tmp-", ".lock", ".owner"];
    private static readonly string[] Numbers = ["valid", "test", "member_test_auc", "parameters", "epochs", "epochs_by_phase"];
    private Dictionary<string, string> _expected = [];
    private double _seconds;
    private int _rename;
    private int _killed;

    private Subject Subject { get; init; } = null!;

    /// <summary>Processes that do it together; of several, one is killed.</summary>
    public int Ranks { get; private init; } = 1;

    /// <summary>How many renames it makes.</summary>
    public int Renames { get; private set; }

    /// <summary>Kills of ranks that found a checkpoint to go on from.</summary>
    public int InTheMiddle { get; private set; }

    private string Template => Subject.At($"template-{Name}");

    public static Scenario[] All(Subject subject)
    {
        const string Run = "--threads 2 -q";
        string[] trained = [$"train family.yaml --out run {Run}"];
        return
        [
            Of("encode", $"encode --schema schema.yaml --source rows.csv -o win {Run}", [], ["win"]),
            Of("encode over", $"encode --schema schema.yaml --source rows.csv -o win {Run}",
                [$"encode --schema schema.yaml --source older.csv -o win {Run}"], ["win"]),
            Of("train", $"train family.yaml --out run {Run}", [],
                ["run/checkpoints", "run/encoder.bin", "run/experiment.yaml", "run/data.json", "run/metrics.json", "cache"]) with
            {
                Again = $"train family.yaml --out run {Run} --resume",
            },
            Of("train deferred", $"train deferred.yaml --out run {Run}", [], ["run/checkpoints", "run/metrics.json"]) with
            {
                Again = $"train deferred.yaml --out run {Run} --resume",
            },
            Of("update", $"update run --data older.csv --out next --epochs 2 {Run}", trained, ["next", "run"]) with
            {
                Again = $"update run --data older.csv --out next --epochs 2 {Run} --resume",
            },
            Of("days", $"train daily.yaml --out run {Run}", [], ["run"]) with { Again = $"train daily.yaml --out run {Run} --resume" },
            Of("pack", $"pack run -o model.consort --calibration platt {Run}", [.. trained, $"pack run -o model.consort --member 0 {Run}"],
                ["model.consort"]),
            Of("export", "export run --onnx -o model.onnx --external-over 0",
                [.. trained, "export run --onnx -o model.onnx --member 0 --external-over 0"], ["model.onnx", "."]),
            Of("recipe", $"recipe run kdef/scaling --data single.yaml --members 2 --methods mean,kdef --seeds 1 --epochs 2 --out out {Run}",
                [], ["out"]),
            OfRanks("4 ranks", ""),
            OfRanks("4 shards", " --shard-tables"),
            Of("distil", $"distil run --model DNN --out student --alone --epochs 2 {Run}", trained, ["student", "student-alone", "run"]),
        ];

        Scenario OfRanks(string name, string options) =>
            Of(name, $"train ranks.yaml --out run --threads 1 -q{options}", [$"train single.yaml --out first {Run}"],
                ["run/checkpoints", "run/metrics.json"]) with
            {
                Again = $"train ranks.yaml --out run --threads 1 -q --resume{options}",
                Ranks = 4,
            };

        Scenario Of(string name, string command, string[] before, string[] results) =>
            new(name, command, command, before, results) { Subject = subject };
    }

    /// <summary>The rename to die at: all in turn.</summary>
    public int NextRename() => Renames == 0 ? 0 : (_rename++ * 7 % Renames) + 1;

    /// <summary>Makes the folder it begins with, and what it comes to undisturbed.</summary>
    public void Prepare()
    {
        if (Directory.Exists(Subject.Case))
            Directory.Delete(Subject.Case, recursive: true);
        Directory.CreateDirectory(Subject.Case);
        foreach (var (name, text) in TinyRows.Files)
            File.WriteAllText(Path.Combine(Subject.Case, name), text);
        foreach (var command in Before)
            Subject.Run(command);
        Copy(Subject.Case, Template);
        if (Ranks == 1)
            (Renames, _) = Subject.Measure(Command);
        else
            Subject.Run(Command, Ranks);
        var first = Contents();
        Restore();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Subject.Run(Command, Ranks);
        (_seconds, _expected) = (clock.Elapsed.TotalSeconds, Contents());
        if (Difference(first) is { } difference)
            throw new InvalidOperationException($"{Name}: two runs that nobody killed differ: {difference}");
        if (_expected.Count == 0)
            throw new InvalidOperationException($"{Name}: found no results to compare");
    }

    /// <summary>Kills it at a rename, or at a share of its time where that is 0.</summary>
    /// <returns>When, in words; null where it ended before.</returns>
    public string? Kill(int rename, double share)
    {
        Restore();
        if (Ranks > 1)
            return KillRank(share);
        if (rename > 0)
            return Subject.KillAtRename(Command, rename) ? string.Create(CultureInfo.InvariantCulture, $"killed at rename {rename}") : null;
        var time = TimeSpan.FromSeconds(_seconds * share);
        return Subject.KillAfter(Command, time)
            ? string.Create(CultureInfo.InvariantCulture, $"killed after {time.TotalMilliseconds:F0} ms") : null;
    }

    // From its first step on: what comes before are starts of processes, which last as long as all steps of so few rows.
    private string? KillRank(double share)
    {
        var (rank, time) = (_killed++ % Ranks, TimeSpan.FromSeconds(_seconds / 2 * share));
        if (!Subject.KillRank(Command, Ranks, rank, "run/events.jsonl", time))
            return null;
        var hasCheckpoint = File.Exists(Path.Combine(Subject.Case, "run/checkpoints/last.ckpt"));
        InTheMiddle += hasCheckpoint ? 1 : 0;
        return string.Create(CultureInfo.InvariantCulture,
            $"rank {rank} killed {time.TotalMilliseconds:F0} ms after the first step, {(hasCheckpoint ? "with" : "without")} a checkpoint");
    }

    /// <summary>Looks at what the killed one left, runs it again, and looks at what came of it.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string? Resume()
    {
        // The old one or the new one, at every instant.
        if (Name == "encode over" && !File.Exists(Path.Combine(Subject.Case, "win", "manifest.json")))
            return "neither the old nor the new dataset stands under its name";
        if (Name == "pack" && !File.Exists(Path.Combine(Subject.Case, "model.consort")))
            return "neither the old nor the new package stands under its name";
        try
        {
            Subject.Run(Again, Ranks);
        }
        catch (InvalidOperationException e)
        {
            return e.Message.Trim();
        }

        var left = Directory.EnumerateFileSystemEntries(Subject.Case, "*", SearchOption.AllDirectories)
            .FirstOrDefault(f => Array.Exists(Leftovers, l => Path.GetFileName(f).Contains(l, StringComparison.Ordinal)));
        return left is not null ? $"left behind: {Path.GetRelativePath(Subject.Case, left)}" : Difference(Contents());
    }

    private void Restore()
    {
        Directory.Delete(Subject.Case, recursive: true);
        Copy(Template, Subject.Case);
    }

    private string? Difference(Dictionary<string, string> found)
    {
        var names = _expected.Keys.Union(found.Keys).Order(StringComparer.Ordinal);
        return names.FirstOrDefault(n => _expected.GetValueOrDefault(n) != found.GetValueOrDefault(n)) is { } name
            ? $"{name} {(found.ContainsKey(name) ? _expected.ContainsKey(name) ? "differs" : "should not be there" : "is missing")}" : null;
    }

    // Digests of all that does not tell the time.
    private Dictionary<string, string> Contents() => Results.Select(r => Path.Combine(Subject.Case, r))
        .SelectMany(r => Directory.Exists(r) ? Directory.EnumerateFiles(r, "*",
            r.EndsWith("/.", StringComparison.Ordinal) ? SearchOption.TopDirectoryOnly : SearchOption.AllDirectories) : [r])
        .Where(File.Exists).Select(Path.GetFullPath).Distinct()
        .Where(f => Path.GetFileName(f) is not ("last.ckpt" or "events.jsonl" or "environment.json" or "report.md" or "results.md" or "results.csv" or "results.json"))
        .ToDictionary(f => Path.GetRelativePath(Subject.Case, f), f => Path.GetFileName(f) == "metrics.json"
            ? Measured(f) : Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f))));

    private static string Measured(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        return string.Concat(Numbers.Select(k => json.RootElement.GetProperty(k).GetRawText()));
    }

    private static void Copy(string from, string to)
    {
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories).Prepend(from))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            File.Copy(file, copy);
            File.SetLastWriteTimeUtc(copy, File.GetLastWriteTimeUtc(file)); // data.json remembers it
        }
    }
}
