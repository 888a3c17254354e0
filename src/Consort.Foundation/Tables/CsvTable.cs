using System.Globalization;

namespace Consort.Foundation.Tables;

/// <summary>Writes tables as comma-separated values, the heads first; what is not known is empty.</summary>
public static class CsvTable
{
    /// <summary>The lines, each with its end.</summary>
    public static string Of(ResultTable table)
    {
        table = table.ForPeople with { Culture = CultureInfo.InvariantCulture, Missing = "" };
        var rows = Enumerable.Range(0, table.Rows.Count).Select(r => Enumerable.Range(0, table.Columns.Count)
            .Select(c => table.Rows[r][c] is double value && !double.IsFinite(value) ? "" : table.Text(r, c)));
        return string.Concat(rows.Prepend(table.Columns.Select(c => c.Head!))
            .Select(cells => string.Join(',', cells.Select(Quoted)) + "\n"));
    }

    /// <summary>A cell, in quotes where it needs them.</summary>
    public static string Quoted(string cell) =>
        cell.AsSpan().IndexOfAny(",\"\n\r") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
