using System.Text.Unicode;
using Consort.Data.Schemas;

namespace Consort.Data.Sources;

/// <summary>Cuts rows into cells. One instance per worker and file; adding a format is one such class and one line in <see cref="ReaderCatalogue"/>.</summary>
internal abstract class RowParser(Layout layout)
{
    // The fields of the schema that the file has none of: nobody else would write their cells.
    private readonly int[] _absent = [.. Enumerable.Range(0, layout.Schema.Fields.Count).Except(layout.Written)];
    private readonly int[] _read = [.. layout.Written.Where(i => i < layout.Schema.Fields.Count && layout.Schema.Fields[i].Kind != FieldKind.Ignored)];

    /// <summary>What the rows are expected to be.</summary>
    protected Schema Schema { get; } = layout.Schema;

    /// <summary>What they must have.</summary>
    protected RowRules Rules { get; } = layout.Rules;

    /// <summary>
    /// Fills the group with rows from <paramref name="position"/> on and returns the place after the last one. A row that is not of
    /// the expected shape, or not UTF-8 text, ends the group before it and becomes its <see cref="RowGroup.Mistake"/>: whoever
    /// looks at the cells comes to it after the rows before, so the first bad place of a file is always the one reported.
    /// </summary>
    public int Parse(Block block, int position, string path, RowGroup group)
    {
        if (position == 0) block.IsText = Utf8.IsValid(block.Content) && !block.Content.Contains((byte)0);
        foreach (int column in _absent) group.ClearColumn(column);
        group.Rows = 0;
        group.Mistake = null;
        try
        {
            position = ParseRows(block, position, path, group);
        }
        catch (ConsortException mistake)
        {
            group.Mistake = mistake;
            position = block.Length;
        }
        if (!block.IsText) CheckText(block, path, group);
        return position;
    }

    /// <summary>Fills the group and returns the place after its last row.</summary>
    /// <exception cref="ConsortException">A row that is not of the expected shape, with file and line; the group then holds the rows before it.</exception>
    protected abstract int ParseRows(Block block, int position, string path, RowGroup group);

    /// <summary>An error at a row of the block.</summary>
    protected static ConsortException Error(Block block, int rowStart, string path, string message)
        => new($"{path}:{block.LineAt(rowStart)}: {message}");

    /// <summary>A cell's text for a message, printable and shortened.</summary>
    public static string Show(ReadOnlySpan<byte> cell)
    {
        int end = Math.Min(cell.Length, 60);
        // Not within a character.
        while (end > 0 && end < cell.Length && (cell[end] & 0xC0) == 0x80) end--;
        return "\"" + PrintableText.Of(System.Text.Encoding.UTF8.GetString(cell[..end])) + (cell.Length > end ? "…" : "") + "\"";
    }

    // Bytes that are not UTF-8 could never be said by JSON, a string or ONNX, so no token may have them. Other columns may.
    private void CheckText(Block block, string path, RowGroup group)
    {
        for (int r = 0; r < group.Rows; r++)
        {
            int bad = -1;
            foreach (int column in _read)
            {
                Cell cell = group.CellsOf(column)[r];
                if (cell.Length <= 0 || IsText(block.Bytes.Slice(cell.Start, cell.Length))) continue;
                if (bad < 0 || cell.Start < group.CellsOf(bad)[r].Start) bad = column;
            }
            if (bad < 0) continue;
            Cell first = group.CellsOf(bad)[r];
            group.Rows = r;
            group.Mistake = new ConsortException(
                $"{path}:{block.LineAt(group.Starts[r])}, column {Schema.Fields[bad].Name}: {TextMistake(block.Bytes.Slice(first.Start, first.Length))}");
        }
    }

    private static bool IsText(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) && !bytes.Contains((byte)0);

    /// <summary>What is wrong with bytes that are not UTF-8, or have a NUL among them.</summary>
    public static string TextMistake(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes)
        ? $"found a NUL byte in {Show(bytes)}, expected text"
        : $"found bytes that are not UTF-8 in {Show(bytes)}, expected UTF-8; convert the file, such as by iconv -f ISO-8859-1 -t UTF-8";
}
