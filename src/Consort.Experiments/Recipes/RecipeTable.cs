using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Consort.Experiments.Recipes;

/// <summary>What a recipe came to.</summary>
/// <param name="Title">A line above it.</param>
/// <param name="Columns">Heads; the first column holds words, the others numbers.</param>
/// <param name="Rows">Cells, as many a row as columns.</param>
/// <param name="Notes">Lines below it.</param>
/// <param name="Json">One object a row, for machines; the keys stay as they are.</param>
public sealed record RecipeTable(
    string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, IReadOnlyList<string> Notes,
    IReadOnlyList<IReadOnlyDictionary<string, object?>> Json)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>A page of Markdown.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"# {Title}").AppendLine();
        Line(text, Columns);
        Line(text, Columns.Select((_, i) => i == 0 ? "---" : "---:"));
        foreach (var row in Rows)
            Line(text, row);
        text.AppendLine();
        foreach (var note in Notes)
            text.AppendLine(note).AppendLine();
        return text.ToString();
    }

    /// <summary>Comma-separated values with the heads first.</summary>
    public string ToCsv() => string.Concat(Rows.Prepend(Columns).Select(row => string.Join(',', row.Select(Quoted)) + "\n"));

    /// <summary>The rows for machines.</summary>
    public string ToJson() => JsonSerializer.Serialize(Json, Options);

    private static void Line(StringBuilder text, IEnumerable<string> cells) => text.AppendLine(CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells)} |");

    private static string Quoted(string cell) => cell.AsSpan().IndexOfAny(",\"\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
