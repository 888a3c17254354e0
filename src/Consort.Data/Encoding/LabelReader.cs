using Consort.Data.Readers;
using Consort.Data.Schemas;

namespace Consort.Data.Encoding;

/// <summary>Reads labels.</summary>
internal sealed class LabelReader
{
    private readonly (byte[] Text, float Label)[] _texts;

    public LabelReader(Schema schema)
    {
        IReadOnlyDictionary<string, int> values = schema.Fields.FirstOrDefault(f => f.Kind == FieldKind.Label)?.Values ?? new Dictionary<string, int>();
        if (values.Count == 0)
        {
            values = schema.Format == DataFormat.Delimited
                ? new Dictionary<string, int> { ["0"] = 0, ["1"] = 1 }
                : new Dictionary<string, int> { ["0"] = 0, ["1"] = 1, ["-1"] = 0, ["+1"] = 1 };
        }
        _texts = [.. values.Select(v => (System.Text.Encoding.UTF8.GetBytes(v.Key), (float)v.Value))];
        Expected = string.Join(" or ", values.Keys);
    }

    /// <summary>The texts that stand for a label.</summary>
    public string Expected { get; }

    /// <summary>Reads a label column; label r is written to target + r × stride.</summary>
    /// <exception cref="CellError">A text that stands for no label.</exception>
    public void Read(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride)
    {
        for (int r = 0; r < cells.Length; r++)
        {
            ReadOnlySpan<byte> cell = cells[r].Of(data);
            int i = 0;
            while (i < _texts.Length && !cell.SequenceEqual(_texts[i].Text)) i++;
            if (i == _texts.Length) throw new CellError(r, Expected);
            ColumnEncoder.Put(target, r, stride, _texts[i].Label);
        }
    }
}
