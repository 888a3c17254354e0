using Consort.Data.Readers;
using Consort.Data.Schemas;

namespace Consort.Data.Encoding;

/// <summary>Encodes groups of rows into fixed-stride rows: F ids, N floats, the label. One per worker.</summary>
internal sealed unsafe class RowEncoder(Encoder encoder, bool labelsMayBeEmpty = false)
{
    private readonly LabelReader _labels = new(encoder.Schema);
    private readonly int _fields = encoder.Space.Categorical.Count;
    private readonly int _numerics = encoder.Space.Numeric.Count;

    /// <summary>Writes the rows of a group to <paramref name="target"/>, <paramref name="stride"/> bytes apart; rows without labels, or whose labels are empty where they may be, get 0.</summary>
    /// <exception cref="ConsortException">A cell is not what its column expects; the message has file, line and column.</exception>
    public void Encode(Block block, RowGroup group, Layout layout, string path, byte* target, int stride)
    {
        int field = layout.Label;
        try
        {
            byte* label = target + (_fields + _numerics) * 4;
            if (layout.HasLabel) _labels.Read(block.Data, group.Column(field), group.Rows, label, stride, labelsMayBeEmpty);
            else for (int r = 0; r < group.Rows; r++) *(float*)(label + (nint)r * stride) = 0;
            foreach (ColumnEncoder column in encoder.CategoricalColumns)
            {
                field = column.Field;
                column.Encode(block.Data, group.Column(field), group.Rows, target, stride);
                target += 4;
            }
            foreach (ColumnEncoder column in encoder.NumericColumns)
            {
                field = column.Field;
                column.Encode(block.Data, group.Column(field), group.Rows, target, stride);
                target += 4;
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
        Cell cell = group.Column(field)[error.Row];
        string name = field < schema.Fields.Count ? schema.Fields[field].Name : "label";
        string found = cell.Length <= 0 ? "an empty cell" : RowParser.Show(new ReadOnlySpan<byte>(block.Data + cell.Start, cell.Length));
        return new ConsortException($"{path}:{block.LineAt(group.RowStarts[error.Row])}, column {name}: found {found}, expected {error.Message}");
    }
}
