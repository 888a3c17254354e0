using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Encodes groups of rows into fixed-stride rows: F ids, N floats, the label. One per worker.</summary>
internal sealed class RowEncoder(Encoder encoder, bool labelsMayBeEmpty = false)
{
    private readonly LabelReader _labels = new(encoder.Schema);
    private readonly int _fields = encoder.Space.Categorical.Count;
    private readonly int _numerics = encoder.Space.Numeric.Count;

    /// <summary>Writes the rows of a group to <paramref name="rows"/>, <paramref name="stride"/> bytes apart; rows without labels, or whose labels are empty where they may be, get 0.</summary>
    /// <exception cref="ConsortException">A cell is not what its column expects, or what stopped the parser after these rows; the message has file, line and column.</exception>
    public void Encode(Block block, RowGroup group, Layout layout, string path, Span<byte> rows, int stride)
    {
        if (rows.Length < group.Rows * (long)stride || stride < (_fields + _numerics + 1) * 4)
            throw new ArgumentException($"found {rows.Length} bytes, expected {group.Rows} rows of {stride}", nameof(rows));
        Span<byte> target = rows;
        ReadOnlySpan<byte> data = block.Bytes;
        try
        {
            Span<byte> label = target[((_fields + _numerics) * 4)..];
            if (layout.HasLabel) _labels.Read(data, group.Held(layout.Label), label, stride, labelsMayBeEmpty);
            else for (int r = 0; r < group.Rows; r++) ColumnEncoder.Put(label, r, stride, 0f);
            foreach (ColumnEncoder column in encoder.CategoricalColumns)
            {
                column.Encode(data, group.Held(column.Field), target, stride);
                target = target[4..];
            }
            foreach (ColumnEncoder column in encoder.NumericColumns)
            {
                column.Encode(data, group.Held(column.Field), target, stride);
                target = target[4..];
            }
        }
        catch (CellError)
        {
            throw FirstBadCell.Of(layout, block, group, path, Columns(block, group, layout));
        }
        group.ThrowIfStopped();
    }

    private List<(int Field, Action<int> Look)> Columns(Block block, RowGroup group, Layout layout)
    {
        var columns = new List<(int, Action<int>)>();
        if (layout.HasLabel)
            columns.Add((layout.Label, rows => _labels.Read(block.Bytes, group.Held(layout.Label)[..rows], new byte[RowGroup.Capacity * 4], 4, labelsMayBeEmpty)));
        // What is read goes nowhere; only the mistakes count.
        foreach (ColumnEncoder column in encoder.CategoricalColumns.Concat(encoder.NumericColumns))
            columns.Add((column.Field, rows => column.Encode(block.Bytes, group.Held(column.Field)[..rows], new byte[RowGroup.Capacity * 4], 4)));
        return columns;
    }
}
