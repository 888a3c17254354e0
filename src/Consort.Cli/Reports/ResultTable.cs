using Spectre.Console;
using Spectre.Console.Rendering;

namespace Consort.Cli.Reports;

/// <summary>
/// A table of plain text. Names and numbers are never broken over lines; only columns of prose are. Where the terminal is too narrow
/// for that, each row is written as lines of its own.
/// </summary>
/// <param name="words">The first columns hold words, the rest numbers.</param>
/// <param name="columns">Their heads.</param>
internal sealed class ResultTable(int words, IReadOnlyList<string> columns)
{
    private const int LongestName = 60;
    private readonly List<(string[] Cells, bool IsBold)> _rows = [];

    /// <summary>Columns whose text may be broken between words.</summary>
    public IReadOnlyList<int> Prose { get; init; } = [];

    /// <summary>Adds a row.</summary>
    public void Add(params string[] cells) => _rows.Add(([.. cells.Select(Printable)], false));

    /// <summary>Adds a row that stands out.</summary>
    public void AddBold(params string[] cells) => _rows.Add(([.. cells.Select(Printable)], true));

    /// <summary>Writes the table, as wide as the console is.</summary>
    public void WriteTo(IAnsiConsole console)
    {
        var options = RenderOptions.Create(console, console.Profile.Capabilities);
        foreach (var space in new[] { 1, 0 })
        {
            var table = Table(space);
            if (Width(table, options) <= console.Profile.Width)
            {
                console.Write(table);
                return;
            }
        }

        WriteRows(console.Profile.Out.Writer);
    }

    // The narrowest that breaks nothing but prose. The library's own least width takes every cell for prose, and a table that is
    // given no more loses columns and breaks numbers.
    private int Width(IRenderable table, RenderOptions options)
    {
        var width = table.Measure(options, int.MaxValue / 4).Min;
        for (var i = 0; i < columns.Count; i++)
        {
            if (Prose.Contains(i))
                continue;
            var cells = _rows.Select(r => r.Cells[i]).Append(columns[i]).Select(c => ((IRenderable)new Text(c)).Measure(options, int.MaxValue / 4)).ToArray();
            width += cells.Max(c => c.Max) - cells.Max(c => c.Min);
        }

        return width;
    }

    private Table Table(int space)
    {
        var table = new Table { Border = TableBorder.Simple };
        for (var i = 0; i < columns.Count; i++)
        {
            var isProse = Prose.Contains(i);
            table.AddColumn(new TableColumn(Markup.Escape(columns[i]))
            {
                Alignment = i < words || isProse ? Justify.Left : Justify.Right,
                NoWrap = !isProse,
                Padding = new Padding(space, 0, 1, 0),
            });
        }

        foreach (var (cells, isBold) in _rows)
            table.AddRow([.. cells.Select(c => new Text(c, isBold ? new Style(decoration: Decoration.Bold) : Style.Plain))]);
        return table;
    }

    // The first cell, and below it what the others are.
    private void WriteRows(TextWriter writer)
    {
        var width = columns.Skip(1).Select(c => c.Length).DefaultIfEmpty(0).Max();
        writer.WriteLine();
        foreach (var (cells, _) in _rows)
        {
            writer.WriteLine($"  {cells[0]}");
            for (var i = 1; i < cells.Length; i++)
                if (cells[i].Length > 0)
                    writer.WriteLine($"    {columns[i].PadRight(width)}  {cells[i]}");
        }

        writer.WriteLine();
    }

    private string Printable(string cell, int column) => Prose.Contains(column) ? PrintableText.Of(cell) : PrintableText.Short(cell, LongestName);
}
