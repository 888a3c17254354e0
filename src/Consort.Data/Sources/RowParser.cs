using System.Text;
using System.Text.Unicode;
using Consort.Data.Schemas;

namespace Consort.Data.Sources;

/// <summary>Cuts the blocks of a source into cells. One instance for each thread and source.</summary>
internal abstract class RowParser(Layout layout)
{
    // The fields of the schema that the source has none of: nobody else would write their cells.
    private readonly int[] _absent = [.. Enumerable.Range(0, layout.Schema.Fields.Count).Except(layout.Written)];
    private readonly int[] _read =
        [.. layout.Written.Where(i => i < layout.Schema.Fields.Count && layout.Schema.Fields[i].IsRead)];
    private readonly int[] _trimmed = layout.Schema.Trim ? [.. layout.Written] : [];

    /// <summary>The source, for messages.</summary>
    protected string Source { get; } = layout.Source;

    /// <summary>What the rows are expected to be.</summary>
    protected Schema Schema { get; } = layout.Schema;

    /// <summary>Who takes the rows; null where that is not known.</summary>
    public IRowConsumer? Consumer { get; set; }

    /// <summary>What they must have.</summary>
    protected RowRules Rules { get; } = layout.Rules;

    /// <summary>
    /// Fills the group with rows from <paramref name="position"/> on and returns the place after the last one. A row that is not of the
    /// expected shape, or not UTF-8 text, ends the group before it and becomes its <see cref="RowGroup.Mistake"/>: whoever looks at the
    /// cells comes to it after the rows before, so the first bad place of a source is always the one reported.
    /// </summary>
    public int Parse(Block block, int position, RowGroup group)
    {
        if (position == 0) Begin(block);
        foreach (var column in _absent) group.ClearColumn(column);
        group.Rows = 0;
        group.Mistake = null;
        try
        {
            position = ParseRows(block, position, group);
        }
        catch (ConsortException mistake)
        {
            group.Mistake = mistake;
            position = block.Length;
        }
        Trim(block, group);
        if (!block.IsText) CheckText(block, group);
        return position;
    }

    /// <summary>The place of a row of the group, as the source counts places.</summary>
    public abstract long PlaceOf(Block block, RowGroup group, int row);

    /// <summary>The places of all rows of the group, the last that was parsed.</summary>
    public virtual void Places(Block block, RowGroup group, Span<long> places)
    {
        for (var r = 0; r < group.Rows; r++) places[r] = PlaceOf(block, group, r);
    }

    /// <summary>Gives the group texts where it has numbers.</summary>
    public virtual void WriteTexts(Block block, RowGroup group)
    {
    }

    /// <summary>Called before the first rows of a block are parsed.</summary>
    protected virtual void Begin(Block block) => block.IsText = IsText(block.Content);

    /// <summary>Fills the group and returns the place after its last row; spaces are dropped afterwards where the schema says so.</summary>
    /// <exception cref="ConsortException">A row that is not of the expected shape, with its place; the group then holds the rows before
    /// it.</exception>
    protected abstract int ParseRows(Block block, int position, RowGroup group);

    /// <summary>A cell's text for a message, printable and shortened.</summary>
    public static string Show(ReadOnlySpan<byte> cell)
    {
        var end = Math.Min(cell.Length, 60);
        // Not within a character.
        while (end > 0 && end < cell.Length && (cell[end] & 0xC0) == 0x80) end--;
        return "\"" + PrintableText.Of(Encoding.UTF8.GetString(cell[..end])) + (cell.Length > end ? "…" : "") + "\"";
    }

    /// <summary>What is wrong with bytes that are not UTF-8, or have a NUL among them.</summary>
    public static string TextMistake(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes)
        ? $"found a NUL byte in {Show(bytes)}, expected text"
        : $"found bytes that are not UTF-8 in {Show(bytes)}, expected UTF-8; convert the file, such as by iconv -f ISO-8859-1 -t UTF-8";

    private void Trim(Block block, RowGroup group)
    {
        foreach (var column in _trimmed)
        {
            if (group.HasNumbers(column)) continue;
            foreach (ref var cell in group.CellsOf(column)[..group.Rows])
            {
                if (cell.Length > 0) cell = cell.Trimmed(block.Bytes);
            }
        }
    }

    // Bytes that are not UTF-8 could never be said by JSON, a string or ONNX, so no token may have them. Other columns may.
    private void CheckText(Block block, RowGroup group)
    {
        for (var r = 0; r < group.Rows; r++)
        {
            var bad = -1;
            foreach (var column in _read)
            {
                var cell = group.CellsOf(column)[r];
                if (group.HasNumbers(column) || cell.Length <= 0 || IsText(cell.Of(block.Bytes))) continue;
                if (bad < 0 || cell.Start < group.CellsOf(bad)[r].Start) bad = column;
            }
            if (bad < 0) continue;
            var text = group.CellsOf(bad)[r].Of(block.Bytes);
            group.Mistake = new ConsortException(
                FormattableString.Invariant($"{Source}:{PlaceOf(block, group, r)}, column {Schema.Fields[bad].Name}: {TextMistake(text)}"));
            group.Rows = r;
        }
    }

    private static bool IsText(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) && !bytes.Contains((byte)0);
}
