using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Foundation.Files;
using Consort.Foundation.Numbers;

namespace Consort.Benchmarks;

/// <summary>
/// The rows of <c>bench all</c>: kept as JSON, shown as Markdown. Both files are whole at any time; they are written anew with every row.
/// </summary>
internal sealed class StepTable
{
    /// <summary>What makes two rows the same measurement.</summary>
    private static readonly string[] Key = ["model", "batch", "vocab", "members", "strategy", "update", "precision", "threads", "steps"];

    private readonly string _markdown;
    private readonly string _json;
    private readonly JsonObject _head;
    private readonly List<JsonObject> _rows = [];

    /// <summary>An empty table; nothing is written before the first row.</summary>
    /// <param name="markdown">The Markdown file.</param>
    /// <param name="json">The JSON file.</param>
    /// <param name="command">What was typed.</param>
    public StepTable(string markdown, string json, string command)
    {
        (_markdown, _json) = (markdown, json);
        _head = new JsonObject
        {
            ["time"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
            ["machine"] = Machine.Describe(),
            ["command"] = command,
        };
    }

    public int Rows => _rows.Count;

    /// <summary>Takes over the rows of the JSON file, if there is one.</summary>
    /// <exception cref="ConsortException">It is not of this command.</exception>
    public void Resume()
    {
        if (!File.Exists(_json)) return;
        try
        {
            foreach (var row in JsonNode.Parse(File.ReadAllText(_json))!["rows"]!.AsArray())
            {
                if (Key.Any(k => row![k] is null)) throw new JsonException("a row lacks its settings");
                _rows.Add(row!.DeepClone().AsObject());
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new ConsortException($"all, --resume: {_json} does not hold rows of bench all, expected such a file or none ({e.Message})", e);
        }
    }

    /// <summary>Whether a row with these settings is there.</summary>
    public bool Has(StepOptions options) => _rows.Exists(row =>
        Text(row, "model").Equals(options.Model, StringComparison.OrdinalIgnoreCase) && (int)row["batch"]! == options.Batch
        && (int)row["vocab"]! == options.Vocabulary
        && (int)row["members"]! == options.Members && Text(row, "strategy") == options.Strategy && Text(row, "update") == options.UpdateName
        && Text(row, "precision") == options.Precision.Name() && (int)row["threads"]! == options.Threads
        && (int)row["steps"]! == options.Steps);

    /// <summary>Adds a row and writes both files.</summary>
    public void Add(JsonObject row)
    {
        // numbers as a file gives them, whatever their type was
        _rows.Add(JsonNode.Parse(JsonNumbers.Clean(row)!.ToJsonString())!.AsObject());
        var json = (JsonObject)_head.DeepClone();
        json["rows"] = new JsonArray([.. _rows.Select(r => r.DeepClone())]);
        Machine.Write(_json, json);
        var text = Encoding.UTF8.GetBytes(Markdown());
        SafeFile.Write(_markdown, stream => stream.Write(text));
    }

    /// <summary>The Markdown text.</summary>
    public string Markdown()
    {
        var text = new StringBuilder();
        Line($"# Steps");
        Line($"");
        Line($"{Text(_head, "time")}, {Text(_head, "machine")}");
        Line($"");
        Line($"`{Text(_head, "command")}`");
        Line($"");
        Line($"| model | batch | vocabulary | members | FMA peak GFLOP/s | floor ms | step ms (best) | of the floor (best) | bytes floor ms | of it | ms a member | rows/s | evaluation rows/s | ÷ training | bytes allocated a step | peak memory MB |");
        Line($"{Rule(16)}");
        foreach (var r in _rows)
            Line($"| {Settings(r)} | {N(r, "fma_peak_gflops"):F0} | {N(r, "floor_ms"):F1} | {N(r, "step_ms"):F2} ({N(r, "step_ms_min"):F2}) | {Share(r, "floor_fraction")} ({Share(r, "floor_fraction_best")}) | {N(r, "bytes_floor_ms"):F2} | {Share(r, "memory_floor_fraction")} | {N(r, "step_ms_per_member"):F2} | {N(r, "rows_per_second"):N0} | {N(r, "evaluation_rows_per_second"):N0} | {N(r, "evaluation_rows_per_second") / N(r, "rows_per_second"):F2} | {N(r, "allocated_bytes_per_step"):F0} | {N(r, "peak_memory_mb"):N0} |");
        Line($"");
        Line($"Where the step goes, ms:");
        Line($"");
        string[] kinds = [.. Enum.GetValues<StepKind>().Select(StepKinds.Name), "other"];
        Line($"| model | batch | vocabulary | members | {string.Join(" | ", kinds)} |");
        Line($"{Rule(4 + kinds.Length)}");
        foreach (var r in _rows)
        {
            var parts = (JsonObject)r["breakdown"]!;
            Line($"| {Settings(r)} | {string.Join(" | ", kinds.Select(k => (parts.ContainsKey(k) ? N(parts, k) : 0).ToString("F2", CultureInfo.InvariantCulture)))} |");
        }
        return text.ToString();

        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
    }

    private static FormattableString Settings(JsonObject row) =>
        $"{Text(row, "model")} | {N(row, "batch"):N0} | {N(row, "vocab"):N0} | {N(row, "members"):F0}";

    private static string Rule(int columns) => "|" + string.Concat(Enumerable.Repeat("---|", columns));

    private static string Text(JsonObject row, string key) => (string)row[key]!;

    private static double N(JsonObject row, string key) => (double)row[key]!;

    private static string Share(JsonObject row, string key) => (100 * N(row, key)).ToString("F0", CultureInfo.InvariantCulture) + " %";
}
