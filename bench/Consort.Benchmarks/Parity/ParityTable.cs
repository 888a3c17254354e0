using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Consort.Foundation.Files;

namespace Consort.Benchmarks.Parity;

/// <summary>What was compared, as Markdown and JSON; both files are whole after every model.</summary>
internal sealed class ParityTable(string? markdown, string? json, string command, int rows, IReadOnlyList<string> notes)
{
    private readonly List<(string Data, string Rows, ParityResult Result)> _results = [];
    private readonly string _machine = Machine.Describe();
    private readonly DateTimeOffset _time = DateTimeOffset.UtcNow;

    public bool IsWithin => _results.All(r => r.Result.IsWithin);

    public void Add(ParityData data, ParityResult result)
    {
        var about = string.Create(CultureInfo.InvariantCulture,
            $"{data.TestRows:N0} rows as they are, {rows - data.TestRows:N0} disturbed; of categorical values {data.Missing:P1} are missing, {data.Unseen:P1} unseen.");
        _results.Add((data.Name, about, result));
        if (markdown is not null) SafeFile.Write(markdown, stream => stream.Write(Encoding.UTF8.GetBytes(Markdown())));
        Machine.Write(json, new JsonObject
        {
            ["time"] = _time.ToString("O", CultureInfo.InvariantCulture),
            ["machine"] = _machine,
            ["command"] = command,
            ["rows"] = rows,
            ["limit"] = ParityResult.Limit,
            ["within"] = IsWithin,
            ["notes"] = new JsonArray([.. notes.Select(n => (JsonNode)n)]),
            ["results"] = new JsonArray([.. _results.Select(r => (JsonNode)r.Result.Json(r.Data))]),
        });
    }

    public string Markdown()
    {
        var text = new StringBuilder("# The same probability by every path\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{_machine}, {_time:yyyy-MM-dd HH:mm} UTC\n\n```sh\n{command}\n```\n\n");
        text.Append(CultureInfo.InvariantCulture,
            $"Largest difference in probability from the trainer's evaluation pass over {rows:N0} raw rows; {ParityResult.Limit:0e-0} is tolerated. ");
        text.Append("Each model was trained for one epoch on a part of the data, with batch norm and dropout where it has them, packed in fp32, and given the same rows: ");
        text.Append("rows of the data that were not trained on, and rows made of them with unseen tokens, missing values and odd numbers. ");
        text.Append("Candidates are the rows in groups of one context, beside the trainer's pass over these; the server is asked over HTTP. ");
        text.Append("*fp64* is the trainer's own pass in double precision with the same weights: what rounding alone makes of the model, which is held to four times that where this is more than the limit; cells above the limit are bold.\n");
        string[] rounded = [.. _results.Where(r => r.Result.IsWithin && !r.Result.IsWithinLimit)
            .Select(r => $"{r.Result.Model} on {r.Data}")];
        if (rounded.Length > 0)
            text.Append(CultureInfo.InvariantCulture, $"\nAbove the limit by rounding: {string.Join(", ", rounded)}.\n");
        string[] failed = [.. _results.Where(r => !r.Result.IsWithin).Select(r => $"{r.Result.Model} on {r.Data}")];
        text.Append(CultureInfo.InvariantCulture, $"\nFailed: {(failed.Length == 0 ? "none" : string.Join(", ", failed))}.\n");
        foreach (var note in notes) text.Append(CultureInfo.InvariantCulture, $"\n{note}\n");
        foreach (var group in _results.GroupBy(r => (r.Data, r.Rows)))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {group.Key.Data}\n\n{group.Key.Rows}\n\n");
            text.Append(CultureInfo.InvariantCulture,
                $"| model | {string.Join(" | ", ParityResult.Paths)} | fp64 | probabilities |\n|---|{string.Concat(ParityResult.Paths.Select(_ => "---|"))}---|---|\n");
            foreach ((_, _, var result) in group)
                text.Append(CultureInfo.InvariantCulture,
                    $"| {result.Model} | {string.Join(" | ", result.Differences.Select(Cell))} | {Cell(result.Rounding)} | {result.Least:F3} to {result.Most:F3} |\n");
            text.Append(CultureInfo.InvariantCulture,
                $"| *largest* | {string.Join(" | ", Enumerable.Range(0, ParityResult.Paths.Count).Select(p => Cell(group.Max(r => r.Result.Differences[p]))))} | {Cell(group.Max(r => r.Result.Rounding))} | |\n");
        }
        return text.ToString();
    }

    private static string Cell(double? difference) => difference is not { } d ? ""
        : d <= ParityResult.Limit ? d.ToString("0.0e-0", CultureInfo.InvariantCulture)
        : $"**{d.ToString("0.0e-0", CultureInfo.InvariantCulture)}**";
}
