using Consort.Data.Readers;
using Consort.Data.Schemas;

namespace Consort.Data.Encoding;

/// <summary>Encodes groups of rows into fixed-stride rows: F ids, N floats, the label. One per worker.</summary>
internal sealed class RowEncoder(Encoder encoder)
{
    private readonly LabelReader _labels = new(encoder.Schema);
    private readonly int _fields = encoder.Space.Categorical.Count;
    private readonly int _numerics = encoder.Space.Numeric.Count;

    /// <summary>Writes the rows of a group to <paramref name="rows"/>, <paramref name="stride"/> bytes apart; rows without labels get 0.</summary>
    /// <exception cref="ConsortException">A cell is not what its column expects; the message has file, line and column.</exception>
    public void Encode(Block block, RowGroup group, Layout layout, string path, Span<byte> rows, int stride)
    {
        if (rows.Length < group.Rows * (long)stride || stride < (_fields + _numerics + 1) * 4)
            throw new ArgumentException($"found {rows.Length} bytes, expected {group.Rows} rows of {stride}", nameof(rows));
        Span<byte> target = rows;
        ReadOnlySpan<byte> data = block.Bytes;
        int field = layout.Label;
        try
        {
            Span<byte> label = target[((_fields + _numerics) * 4)..];
            if (layout.HasLabel) _labels.Read(data, group.CellsOf(field), label, stride);
            else for (int r = 0; r < group.Rows; r++) ColumnEncoder.Put(label, r, stride, 0f);
            foreach (ColumnEncoder column in encoder.CategoricalColumns)
            {
                field = column.Field;
                column.Encode(data, group.CellsOf(field), target, stride);
                target = target[4..];
            }
            foreach (ColumnEncoder column in encoder.NumericColumns)
            {
                field = column.Field;
                column.Encode(data, group.CellsOf(field), target, stride);
                target = target[4..];
            }
        }
        catch (CellError error)
        {
            throw Explain(encoder.Schema, block, group, field, path, error);
        }
    }

    /// <summary>Adds file, line and column to a cell's error.</summary>
    public static ConsortException Explain(Schema schema, Block block, RowGroup group, int field, string path, CellError error)
    {
        Cell cell = group.CellsOf(field)[error.Row];
        string name = field < schema.Fields.Count ? schema.Fields[field].Name : "label";
        string found = cell.Length <= 0 ? "an empty cell" : RowParser.Show(cell.Of(block.Bytes));
        return new ConsortException($"{path}:{block.LineAt(group.StartOf(error.Row))}, column {name}: found {found}, expected {error.Message}");
    }
}
