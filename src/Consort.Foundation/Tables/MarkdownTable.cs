using System.Text.RegularExpressions;

namespace Consort.Foundation.Tables;

/// <summary>Writes tables as Markdown.</summary>
public static partial class MarkdownTable
{
    /// <summary>The lines, each with its end.</summary>
    public static string Of(ResultTable table)
    {
        table = table.ForPeople;
        var rows = Enumerable.Range(0, table.Rows.Count).Select(r => table.Texts(r)
            .Select((cell, i) => i == 0 && cell.Length > 0 && table.Marked.Contains(r) ? $"**{Escape(cell)}**" : Escape(cell)));
        return string.Concat(rows.Prepend(table.Columns.Select(c => c.IsNumber ? "---:" : "---"))
            .Prepend(table.Columns.Select(c => Escape(c.Head!)))
            .Select(cells => $"| {string.Join(" | ", cells)} |\n"));
    }

    /// <summary>Text that stands in a line: names come from files, so they begin no tag and end no line.</summary>
    public static string Line(string text) => Tag().Replace(text, "&lt;").ReplaceLineEndings(" ");

    private static string Escape(string cell) => Line(cell).Replace("|", "\\|", StringComparison.Ordinal);

    [GeneratedRegex("<(?=[A-Za-z/!?])")]
    private static partial Regex Tag();
}
