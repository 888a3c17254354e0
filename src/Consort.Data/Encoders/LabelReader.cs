using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>
/// Reads labels: the texts that the schema names, else 0 and 1 (in libsvm and libffm also −1 and +1), also written as floats, and true or
/// false, yes or no, t or f, y or n, in capital letters or small ones.
/// </summary>
internal sealed class LabelReader
{
    private readonly (byte[] Text, float Label)[] _texts;
    private readonly Dictionary<long, float> _numbers = [];
    private readonly bool _takesWords;

    public LabelReader(Schema schema)
    {
        var values = schema.Fields.FirstOrDefault(f => f.Kind == FieldKind.Label)?.Values ?? new Dictionary<string, int>();
        _takesWords = values.Count == 0;
        if (values.Count == 0)
        {
            values = schema.IsPairs
                ? new Dictionary<string, int> { ["0"] = 0, ["1"] = 1, ["-1"] = 0, ["+1"] = 1 }
                : new Dictionary<string, int> { ["0"] = 0, ["1"] = 1 };
        }
        _texts = [.. values.Select(v => (System.Text.Encoding.UTF8.GetBytes(v.Key), (float)v.Value))];
        foreach ((var text, var label) in _texts)
        {
            if (NumberParser.TryWhole(text, out var number)) _numbers.TryAdd(number, label);
        }
        Expected = string.Join(" or ", values.Keys);
    }

    /// <summary>The texts that stand for a label.</summary>
    public string Expected { get; }

    /// <summary>Reads a label column; label r is written to target + r × stride, 0 for an empty one where labels may be empty.</summary>
    /// <exception cref="CellError">A text that stands for no label.</exception>
    public void Read(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride, bool mayBeEmpty = false)
    {
        for (var r = 0; r < cells.Length; r++)
        {
            var cell = cells[r].Of(data);
            if (cell.IsEmpty && mayBeEmpty)
            {
                ColumnEncoder.Put(target, r, stride, 0f);
                continue;
            }
            var i = 0;
            while (i < _texts.Length && !cell.SequenceEqual(_texts[i].Text)) i++;
            if (i < _texts.Length) ColumnEncoder.Put(target, r, stride, _texts[i].Label);
            else if (TryOther(cell, out var label)) ColumnEncoder.Put(target, r, stride, label);
            else throw new CellError(r, Expected);
        }
    }

    private bool TryOther(ReadOnlySpan<byte> cell, out float label)
    {
        if (NumberParser.TryWhole(cell, out var number) && _numbers.TryGetValue(number, out label)) return true;
        var isWord = NumberParser.TryWord(cell, out var yes);
        label = yes ? 1 : 0;
        return isWord && _takesWords;
    }
}
