using System.Text.Json;
using Consort.Experiments.Statistics;
using Consort.Foundation.Numbers;
using Consort.Foundation.Tables;

namespace Consort.Studies.Recipes;

/// <summary>What a recipe came to.</summary>
/// <param name="Title">A line above it.</param>
/// <param name="Results">The table; its keys for machines stay as they are.</param>
/// <param name="Notes">Lines below it.</param>
public sealed record RecipeTable(string Title, ResultTable Results, IReadOnlyList<string> Notes)
{
    private static readonly JsonSerializerOptions Options = JsonNumbers.In(new JsonSerializerOptions { WriteIndented = true });

    /// <summary>What the numbers say of the paper's claims.</summary>
    public IReadOnlyList<Claim> Claims { get; init; } = [];

    /// <summary>The claims as a table.</summary>
    public ResultTable ClaimTable => ResultTable.Of(
        Claims,
        new("claim", c => c.Text, Key: "claim") { IsProse = true },
        new("difference", c => (c.Seeds ?? c.Rows)?.Difference, Cells.Signed, "difference"),
        new("95 % over seeds", c => Cells.Interval(c.Seeds, Cells.Signed), ResultColumn.Right),
        new(null, c => c.Seeds?.Low, Key: "seeds_low"),
        new(null, c => c.Seeds?.High, Key: "seeds_high"),
        new(null, c => c.Seeds?.PValue, Key: "seeds_p"),
        new("95 % over rows", c => Cells.Interval(c.Rows, Cells.Signed), ResultColumn.Right),
        new(null, c => c.Rows?.Low, Key: "rows_low"),
        new(null, c => c.Rows?.High, Key: "rows_high"),
        new(null, c => c.Rows?.PValue, Key: "rows_p"),
        new("verdict", c => c.Word, ResultColumn.Right, "verdict")) with
    { Culture = Cells.Culture };

    /// <summary>A page of Markdown.</summary>
    public string ToMarkdown() => string.Concat(
        (string[])[$"# {Title}\n\n", MarkdownTable.Of(Results), "\n", .. Claims.Count == 0
            ? [] : new[] { MarkdownTable.Of(ClaimTable), "\n" }, .. Notes.Select(n => n + "\n\n")]);

    /// <summary>Comma-separated values with the heads first.</summary>
    public string ToCsv() => CsvTable.Of(Results);

    /// <summary>The rows for machines, and after them the claims.</summary>
    public string ToJson() => JsonSerializer.Serialize(JsonTable.Of(Results).Concat(JsonTable.Of(ClaimTable)), Options);

    internal static RecipeTable Of<T>(string title, IEnumerable<T> lines, IEnumerable<ResultColumn<T>> columns, IReadOnlyList<string> notes,
        params IReadOnlyList<Claim> claims) =>
            new(title, ResultTable.Of(lines, columns) with { Culture = Cells.Culture }, notes) { Claims = claims };
}
