using Consort.Data.Readers;
using Consort.Data.Schemas;

namespace Consort.Data.Encoding;

/// <summary>Reads labels.</summary>
internal sealed unsafe class LabelReader
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

    /// <summary>Reads a label column; label r is written to target + r × stride, 0 for an empty one where labels may be empty.</summary>
    /// <exception cref="CellError">A text that stands for no label.</exception>
    public void Read(byte* data, Cell* cells, int rows, byte* target, int stride, bool mayBeEmpty = false)
    {
        for (int r = 0; r < rows; r++)
        {
            var cell = new ReadOnlySpan<byte>(data + cells[r].Start, Math.Max(0, cells[r].Length));
            if (cell.IsEmpty && mayBeEmpty)
            {
                *(float*)(target + (nint)r * stride) = 0;
                continue;
            }
            int i = 0;
            while (i < _texts.Length && !cell.SequenceEqual(_texts[i].Text)) i++;
            if (i == _texts.Length) throw new CellError(r, Expected);
            *(float*)(target + (nint)r * stride) = _texts[i].Label;
        }
    }
}
