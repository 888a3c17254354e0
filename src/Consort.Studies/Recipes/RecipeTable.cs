using System.Text.Json;
using Consort.Experiments.Statistics;
using Consort.Foundation.Numbers;
using Consort.Foundation.Tables;

namespace Consort.Studies.Recipes;

/// <summary>What a recipe came to.</summary>
/// <param name="Title">A line above it.</param>
/// <param name="Results">The table; its keys for machines stay as they are.</param>
/// <param name="Notes">The recipe's own lines below it.</param>
internal sealed record RecipeTable(string Title, ResultTable Results, IReadOnlyList<string> Notes)
{
    private static readonly JsonSerializerOptions Options = JsonNumbers.In(new JsonSerializerOptions { WriteIndented = true });

    /// <summary>The least difference of AUC that counts, unless the user says another.</summary>
    public const double UsualLeastGain = 5e-4;

    /// <summary>Claims about the paper, or what else is asked of the numbers.</summary>
    public IReadOnlyList<Claim> Claims { get; init; } = [];

    /// <summary>The least difference of AUC that counts.</summary>
    public double LeastGain { get; init; } = UsualLeastGain;

    /// <summary>What the numbers say of the claims, all judged together.</summary>
    public IReadOnlyList<JudgedClaim> Judged => JudgedClaim.Of(Claims, LeastGain);

    /// <summary>The claims as a table.</summary>
    public ResultTable ClaimTable => ClaimLines.Table(Judged);

    /// <summary>Lines below the tables: the recipe's own, and how claims are judged.</summary>
    public IReadOnlyList<string> Below => [.. Notes, .. Claims.Count == 0 ? [] : ClaimLines.Notes(Judged, LeastGain)];

    /// <summary>A page of Markdown.</summary>
    public string ToMarkdown() => string.Concat(
        (string[])[$"# {Title}\n\n", MarkdownTable.Of(Results), "\n", .. Claims.Count == 0
            ? [] : new[] { MarkdownTable.Of(ClaimTable), "\n" }, .. Below.Select(n => n + "\n\n")]);

    /// <summary>Comma-separated values with the heads first.</summary>
    public string ToCsv() => CsvTable.Of(Results);

    /// <summary>The rows for machines, and after them the claims.</summary>
    public string ToJson() => JsonSerializer.Serialize(JsonTable.Of(Results).Concat(JsonTable.Of(ClaimTable)), Options);

    internal static RecipeTable Of<T>(string title, IEnumerable<T> lines, IEnumerable<ResultColumn<T>> columns, IReadOnlyList<string> notes,
        params IReadOnlyList<Claim> claims) =>
            new(title, ResultTable.Of(lines, columns) with { Culture = Cells.Culture }, notes) { Claims = claims };
}
