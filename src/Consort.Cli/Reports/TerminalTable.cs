using Consort.Foundation.Tables;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Consort.Cli.Reports;

/// <summary>
/// Writes tables to a terminal as plain text. Names and numbers are never broken over lines; only columns of prose are. Where the terminal
/// is too narrow for that, each row is written as lines of its own.
/// </summary>
internal static class TerminalTable
{
    private const int LongestName = 60, Endless = int.MaxValue / 4;

    /// <summary>Writes a table, as wide as the console is.</summary>
    public static void Write(ResultTable source, IAnsiConsole console)
    {
        var table = source.Narrow;
        string[] heads = [.. table.Columns.Select(c => c.ShortHead ?? c.Head!)];
        var rows = Enumerable.Range(0, table.Rows.Count)
            .Select(r => table.Texts(r).Select((c, i) => table.Columns[i].IsProse
                ? PrintableText.Of(c) : PrintableText.Short(c, LongestName)).ToArray()).ToArray();
        var options = RenderOptions.Create(console, console.Profile.Capabilities);
        foreach (var space in new[] { 1, 0 })
        {
            var shown = Rendered(table, heads, rows, space);
            if (Width(table, heads, rows, shown, options) <= console.Profile.Width)
            {
                console.Write(shown);
                return;
            }
        }

        WriteRows(heads, rows, console.Profile.Out.Writer);
    }

    // The narrowest that breaks nothing but prose. The library's own least width takes every cell for prose, and a table that is
    // given no more loses columns and breaks numbers.
    private static int Width(ResultTable table, string[] heads, string[][] rows, IRenderable shown, RenderOptions options)
    {
        var width = shown.Measure(options, Endless).Min;
        for (var i = 0; i < heads.Length; i++)
        {
            if (table.Columns[i].IsProse)
                continue;
            var cells = rows.Select(r => r[i]).Append(heads[i]).Select(c => ((IRenderable)new Text(c)).Measure(options, Endless)).ToArray();
            width += cells.Max(c => c.Max) - cells.Max(c => c.Min);
        }

        return width;
    }

    private static Table Rendered(ResultTable table, string[] heads, string[][] rows, int space)
    {
        var shown = new Table { Border = TableBorder.Simple };
        for (var i = 0; i < heads.Length; i++)
        {
            shown.AddColumn(new TableColumn(Markup.Escape(heads[i]))
            {
                Alignment = table.Columns[i].IsNumber ? Justify.Right : Justify.Left,
                NoWrap = !table.Columns[i].IsProse,
                Padding = new Padding(space, 0, 1, 0),
            });
        }

        for (var r = 0; r < rows.Length; r++)
            shown.AddRow([.. rows[r].Select(c =>
                new Text(c, table.Marked.Contains(r) ? new Style(decoration: Decoration.Bold) : Style.Plain))]);
        return shown;
    }

    // The first cell, and below it what the others are.
    private static void WriteRows(string[] heads, string[][] rows, TextWriter writer)
    {
        var width = heads.Skip(1).Select(c => c.Length).DefaultIfEmpty(0).Max();
        writer.WriteLine();
        foreach (var cells in rows)
        {
            writer.WriteLine($"  {cells[0]}");
            for (var i = 1; i < cells.Length; i++)
                if (cells[i].Length > 0)
                    writer.WriteLine($"    {heads[i].PadRight(width)}  {cells[i]}");
        }

        writer.WriteLine();
    }
}
