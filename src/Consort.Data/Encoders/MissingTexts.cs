using System.Runtime.CompilerServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Tells whether a cell is missing.</summary>
internal sealed class MissingTexts
{
    private readonly bool _empty;
    private readonly byte[][] _texts;

    public MissingTexts(Schema schema, Field field)
    {
        var texts = field.Missing ?? schema.Missing;
        _empty = texts.Contains("");
        _texts = [.. texts.Where(t => t.Length > 0).Select(System.Text.Encoding.UTF8.GetBytes)];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Holds(ReadOnlySpan<byte> data, Cell cell)
    {
        if (cell.Length <= 0) return cell.Length < 0 || _empty;
        return _texts.Length != 0 && Search(cell.Of(data));
    }

    private bool Search(ReadOnlySpan<byte> cell)
    {
        foreach (var text in _texts)
        {
            if (cell.SequenceEqual(text)) return true;
        }
        return false;
    }
}
