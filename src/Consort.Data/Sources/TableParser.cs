using System.Text.Unicode;

namespace Consort.Data.Sources;

/// <summary>Gives the rows of a block whose cells stand in its <see cref="Block.Table"/>; positions are rows of the block.</summary>
/// <param name="layout">Which column fills which field.</param>
/// <param name="fill">Fills table and bytes, on the thread that has the block; null where the source has done so. What it gives are the
/// bytes that were written.</param>
internal sealed class TableParser(Layout layout, Func<Block, IRowConsumer?, int>? fill = null) : RowParser(layout)
{
    private readonly int[] _fields = [.. layout.Written.Where(f => f < layout.Schema.Fields.Count)];
    private int _bytes;

    public override long PlaceOf(Block block, RowGroup group, int row) => block.FirstPlace + group.Starts[row];

    protected override void Begin(Block block)
    {
        _bytes = fill?.Invoke(block, Consumer) ?? block.TextBytes;
        ReadOnlySpan<byte> text = block.Bytes[.._bytes];
        block.IsText = Utf8.IsValid(text) && !text.Contains((byte)0);
    }

    protected override int ParseRows(Block block, int position, RowGroup group)
    {
        var table = block.Table;
        var rows = Math.Min(RowGroup.Capacity, table.BadRow - position);
        foreach (var field in _fields)
        {
            table.CellsOf(field).Slice(position, rows).CopyTo(group.CellsOf(field));
            group.SetNumbers(field, table.AreNumbers(field));
        }
        for (var r = 0; r < rows; r++) group.Starts[r] = position + r;
        group.Rows = rows;
        if (rows < RowGroup.Capacity && table.Mistake is { } mistake)
            throw new ConsortException(FormattableString.Invariant($"{Source}:{block.FirstPlace + table.BadRow}, {mistake}"));
        return position + rows;
    }

    public override void WriteTexts(Block block, RowGroup group)
    {
        var writer = new CellWriter(block, _bytes);
        foreach (var field in _fields)
        {
            if (!group.HasNumbers(field)) continue;
            CellNumbers.Write(group.CellsOf(field)[..group.Rows], writer);
            group.SetNumbers(field, false);
        }
    }
}
