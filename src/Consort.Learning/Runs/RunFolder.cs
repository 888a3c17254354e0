using System.Text;
using System.Text.Json;
using Consort.Foundation.Files;
using Consort.Foundation.Numbers;

namespace Consort.Learning.Runs;

/// <summary>
/// What a run leaves behind: the resolved experiment, the environment, the encoder, an event log of one JSON object a line, metrics, a
/// report, and checkpoints.
/// </summary>
public sealed class RunFolder
{
    /// <summary>How logs are written: keys in snake case, and null for a number that is not finite.</summary>
    public static JsonSerializerOptions Json { get; } = JsonNumbers.In(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    });

    /// <summary>
    /// Names the folder; it is made when something is written. A folder of a run and of days that it has gone on with stands for the newest
    /// of these that has finished.
    /// </summary>
    /// <exception cref="ConsortException">What says which is the newest is damaged.</exception>
    public RunFolder(string path) => Path = RunChain.Resolve(path);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The experiment with every default filled in.</summary>
    public string Experiment => In("experiment.yaml");

    /// <summary>Machine, runtime and version.</summary>
    public string Environment => In("environment.json");

    /// <summary>The rows it was trained on, by place and by content.</summary>
    public string Data => In("data.json");

    /// <summary>The fitted encoder: raw rows to ids.</summary>
    public string Encoder => In("encoder.bin");

    /// <summary>One JSON object a line.</summary>
    public string Events => In("events.jsonl");

    /// <summary>The results for machines.</summary>
    public string Metrics => In("metrics.json");

    /// <summary>The results for people.</summary>
    public string Report => In("report.md");

    /// <summary>Everything that a stopped run needs to go on.</summary>
    public string LastCheckpoint => In("checkpoints/last.ckpt");

    /// <summary>Which run it goes on from and with which rows, where it does.</summary>
    internal string Update => In("update.json");

    /// <summary>For how many updates the token of each id has not been seen.</summary>
    internal string Ages => In("ages.bin");

    /// <summary>Tokens that wait for an id.</summary>
    internal string Waiting => In("waiting.bin");

    /// <summary>The weights that an update begins with; gone once it has finished.</summary>
    internal string Start => In("start.ckpt");

    /// <summary>The logits that the finished run gives to its test rows.</summary>
    public string TestLogits => In("test.logits");

    /// <summary>What a diagnosis of it found, for machines.</summary>
    public string Diagnosis => In("diagnosis.json");

    /// <summary>The same for people.</summary>
    public string DiagnosisPage => In("diagnosis.md");

    /// <summary>All that training itself leaves, checkpoints among it, where it is there.</summary>
    public IEnumerable<string> Files =>
        new[] { Experiment, Environment, Data, Encoder, Events, Metrics, Report, TestLogits, Update, Ages, Waiting, Start }
            .Where(File.Exists).Concat(Directory.Exists(In("checkpoints")) ? Directory.EnumerateFiles(In("checkpoints")) : []);

    /// <summary>Whether anything has come of training; a start that failed or was killed before has left nothing to keep.</summary>
    public bool HasTrained => File.Exists(Metrics)
        || (Directory.Exists(In("checkpoints")) && Directory.EnumerateFiles(In("checkpoints"), "*.ckpt").Any());

    /// <summary>Whether there is something in it, but nothing of a run.</summary>
    public bool HoldsOthers => Directory.Exists(Path) && !File.Exists(Experiment)
        && Directory.EnumerateFileSystemEntries(Path).Select(e => System.IO.Path.GetFileName(e)!)
            // What a start that was killed leaves.
            .Any(n => !n.StartsWith("writer.", StringComparison.Ordinal) && !n.Contains(".tmp-", StringComparison.Ordinal));

    /// <summary>Claims the folder for one writer, and makes it where there is none.</summary>
    /// <exception cref="ConsortException">Another process is writing it; the message says which. Or it cannot be made.</exception>
    public Claim Claim()
    {
        Make();
        return Foundation.Files.Claim.Take(Path, In("writer"), "name another folder with --out");
    }

    /// <summary>Removes the folder if it holds nothing.</summary>
    public void RemoveEmpty()
    {
        try
        {
            if (Directory.Exists(Path) && !Directory.EnumerateFileSystemEntries(Path).Any())
                Directory.Delete(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process has begun to write it, or it cannot be removed: an empty folder hinders nobody.
        }
    }

    /// <summary>
    /// Clears the claim of a process that was killed just after it had written its results, where nothing is to be written again.
    /// </summary>
    public void ClearLeftovers()
    {
        if (!File.Exists(In("writer.lock")) && !File.Exists(In("writer.owner")))
            return;
        try
        {
            Foundation.Files.Claim.Try(Path, In("writer"))?.Dispose();
        }
        catch (ConsortException)
        {
            // Nothing can be written there; whoever can clears it.
        }
    }

    /// <summary>The best weights of a phase.</summary>
    public string BestCheckpoint(string phase) => In($"checkpoints/best-{phase}.ckpt");

    /// <summary>The best weights of the last phase that has any: what scoring uses.</summary>
    /// <exception cref="ConsortException">The run has none yet.</exception>
    public string FinalCheckpoint(IEnumerable<string> phases) =>
        phases.Reverse().Select(BestCheckpoint).FirstOrDefault(File.Exists)
        ?? throw new ConsortException($"{Path}: found no checkpoint, expected a run that has finished at least one evaluation");

    /// <summary>Appends an event with the time.</summary>
    public void Log(string name, params (string Key, object? Value)[] fields)
    {
        var entry = new Dictionary<string, object?> { ["time"] = DateTime.UtcNow, ["event"] = name };
        foreach (var (key, value) in fields)
            entry[key] = value;
        Append(JsonSerializer.Serialize(entry, Json));
    }

    private void Make()
    {
        try
        {
            Directory.CreateDirectory(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConsortException(File.Exists(Path) ? $"{Path}: found a file, expected the folder of a run, or nothing there"
                : $"{Path}: cannot make the run folder: {e.Message}", e);
        }
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);

    // A line that a crash cut short is ended first, so that it spoils no other.
    private void Append(string line)
    {
        Make();
        try
        {
            using var stream = new FileStream(Events, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            stream.Seek(0, SeekOrigin.End);
            if (stream.Length > 0)
            {
                stream.Seek(-1, SeekOrigin.End);
                if (stream.ReadByte() != '\n')
                    stream.WriteByte((byte)'\n');
            }

            stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
        }
        catch (IOException e)
        {
            throw SafeFile.Explain(Events, e);
        }
    }
}
