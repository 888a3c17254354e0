using System.Globalization;
using System.Text;
using System.Text.Json;
using Consort.Experiments.Statistics;
using Consort.Foundation.Numbers;
using Consort.Studies.Recipes.Measures;

namespace Consort.Studies.Recipes;

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
    private static readonly JsonSerializerOptions Options = JsonNumbers.In(new JsonSerializerOptions
    {
        WriteIndented = true,
    });

    /// <summary>The columns that fit a terminal; null for all.</summary>
    public IReadOnlyList<int>? Narrow { get; init; }

    /// <summary>What the numbers say of the paper's claims.</summary>
    public IReadOnlyList<Claim> Claims { get; init; } = [];

    /// <summary>Heads of <see cref="ClaimRows"/>.</summary>
    public static IReadOnlyList<string> ClaimColumns { get; } = ["claim", "difference", "95 % over seeds", "95 % over rows", "verdict"];

    /// <summary>The claims as cells.</summary>
    public IEnumerable<IReadOnlyList<string>> ClaimRows => Claims.Select(c => (IReadOnlyList<string>)[
        c.Text, Cells.Signed((c.Seeds ?? c.Rows)?.Difference), Cells.SignedInterval(c.Seeds), Cells.SignedInterval(c.Rows), c.Word]);

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
        if (Claims.Count > 0)
        {
            Line(text, ClaimColumns);
            Line(text, ClaimColumns.Select((_, i) => i is 0 or 4 ? "---" : "---:"));
            foreach (var row in ClaimRows)
                Line(text, row);
            text.AppendLine();
        }

        foreach (var note in Notes)
            text.AppendLine(note).AppendLine();
        return text.ToString();
    }

    /// <summary>Comma-separated values with the heads first.</summary>
    public string ToCsv() => string.Concat(Rows.Prepend(Columns).Select(row => string.Join(',', row.Select(Quoted)) + "\n"));

    /// <summary>The rows for machines, and after them the claims.</summary>
    public string ToJson() => JsonSerializer.Serialize(Json.Concat(Claims.Select(ToJson)), Options);

    private static Dictionary<string, object?> ToJson(Claim claim) => new()
    {
        ["claim"] = claim.Text,
        ["difference"] = (claim.Seeds ?? claim.Rows)?.Difference,
        ["seeds_low"] = claim.Seeds?.Low,
        ["seeds_high"] = claim.Seeds?.High,
        ["seeds_p"] = claim.Seeds?.PValue,
        ["rows_low"] = claim.Rows?.Low,
        ["rows_high"] = claim.Rows?.High,
        ["rows_p"] = claim.Rows?.PValue,
        ["verdict"] = claim.Word,
    };

    private static void Line(StringBuilder text, IEnumerable<string> cells) => text.AppendLine(CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells.Select(c => c.Replace("|", "\\|", StringComparison.Ordinal)))} |");

    private static string Quoted(string cell) => cell.AsSpan().IndexOfAny(",\"\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
