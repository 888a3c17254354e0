namespace Consort.Data.Sources;

/// <summary>Drops the spaces around cells where the schema says so: of the columns that the file has, and of no other.</summary>
internal sealed class CellTrim(Layout layout)
{
    private readonly int[] _columns = layout.Schema.Trim ? [.. layout.Written] : [];

    public void Apply(Block block, RowGroup group)
    {
        if (_columns.Length == 0) return;
        ReadOnlySpan<byte> data = block.Content;
        foreach (int column in _columns)
        {
            Span<Cell> cells = group.CellsOf(column)[..group.Rows];
            foreach (ref Cell cell in cells)
            {
                if (cell.Length > 0) cell = cell.Trimmed(data);
            }
        }
    }
}
