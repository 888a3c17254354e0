using Consort.Data.Readers;

namespace Consort.Data.Encoding;

/// <summary>Encodes groups of rows into fixed-stride rows: F ids, N floats, the label. One per worker.</summary>
internal sealed unsafe class RowEncoder(Encoder encoder, bool readsLabels = true)
{
    private readonly LabelReader _labels = new(encoder.Schema);
    private readonly int _fields = encoder.Space.Categorical.Count;
    private readonly int _numerics = encoder.Space.Numeric.Count;

    /// <summary>Writes the rows of a group to <paramref name="rows"/>, <paramref name="stride"/> bytes apart; rows without labels, or whose labels do not count, get 0.</summary>
    /// <exception cref="ConsortException">A cell is not what its column expects, or what stopped the parser after these rows; the message has file, line and column.</exception>
    public void Encode(Block block, RowGroup group, Layout layout, string path, Span<byte> rows, int stride)
    {
        if (rows.Length < group.Rows * (long)stride || stride < (_fields + _numerics + 1) * 4)
            throw new ArgumentException($"found {rows.Length} bytes, expected {group.Rows} rows of {stride}", nameof(rows));
        fixed (byte* target = rows) Encode(block, group, layout, path, target, stride);
    }

    private void Encode(Block block, RowGroup group, Layout layout, string path, byte* target, int stride)
    {
        try
        {
            byte* label = target + (_fields + _numerics) * 4;
            if (layout.HasLabel && readsLabels) _labels.Read(block.Data, group.Column(layout.Label), group.Rows, label, stride);
            else for (int r = 0; r < group.Rows; r++) *(float*)(label + (nint)r * stride) = 0;
            foreach (ColumnEncoder column in encoder.CategoricalColumns)
            {
                column.Encode(block.Data, group.Column(column.Field), group.Rows, target, stride);
                target += 4;
            }
            foreach (ColumnEncoder column in encoder.NumericColumns)
            {
                column.Encode(block.Data, group.Column(column.Field), group.Rows, target, stride);
                target += 4;
            }
        }
        catch (CellError)
        {
            throw FirstBadCell.Of(encoder.Schema, block, group, path, Columns(block, group, layout));
        }
        group.ThrowIfStopped();
    }

    private List<(int Field, Action<int> Look)> Columns(Block block, RowGroup group, Layout layout)
    {
        var columns = new List<(int, Action<int>)>();
        if (layout.HasLabel) columns.Add((layout.Label, rows => Look(rows, to => _labels.Read(block.Data, group.Column(layout.Label), rows, (byte*)to, 4))));
        foreach (ColumnEncoder column in encoder.CategoricalColumns.Concat(encoder.NumericColumns))
            columns.Add((column.Field, rows => Look(rows, to => column.Encode(block.Data, group.Column(column.Field), rows, (byte*)to, 4))));
        return columns;
    }

    // What is read goes nowhere; only the mistakes count.
    private static void Look(int rows, Action<nint> read)
    {
        int* nowhere = stackalloc int[RowGroup.Capacity];
        if (rows > 0) read((nint)nowhere);
    }
}
