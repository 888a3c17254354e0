namespace Consort.Data.Sources;

/// <summary>Delimited text without quotes, several bytes between cells.</summary>
internal sealed class LongDelimitedParser(Layout layout) : LineParser(layout)
{
    private readonly int[] _targets = layout.Targets;
    private readonly byte[] _delimiter = layout.Schema.Delimiter.Bytes.ToArray();

    protected override int ParseRows(Block block, int position, RowGroup group)
    {
        while (group.Rows < RowGroup.Capacity && position < block.Length)
        {
            group.Starts[group.Rows] = position;
            var row = block.Content[position..];
            row = row[..row.IndexOf((byte)'\n')];
            var next = position + row.Length + 1;
            if (row.EndsWith("\r"u8)) row = row[..^1];
            if (!Cut(row, position, group))
                throw Error(block, position, RowShape.WrongCount(row, row.Count(_delimiter) + 1, _targets.Length, Schema, Rules));
            group.Rows++;
            position = next;
        }
        return position;
    }

    private bool Cut(ReadOnlySpan<byte> row, int start, RowGroup group)
    {
        for (var column = 0; column < _targets.Length; column++)
        {
            var length = row.IndexOf(_delimiter);
            var last = length < 0;
            if (last != (column == _targets.Length - 1)) return false;
            if (last) length = row.Length;
            group.CellsOf(_targets[column])[group.Rows] = new Cell { Start = start, Length = length };
            if (last) return true;
            row = row[(length + _delimiter.Length)..];
            start += length + _delimiter.Length;
        }
        return false;
    }
}
