using System.Runtime.CompilerServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Tells whether a cell is missing.</summary>
internal sealed class MissingTexts
{
    /// <summary>For columns without cells.</summary>
    public static MissingTexts None { get; } = new([]);

    private readonly bool _empty;
    private readonly byte[][] _texts;

    public MissingTexts(Schema schema, Field field) : this(field.Missing ?? schema.Missing)
    {
    }

    private MissingTexts(IReadOnlyList<string> texts)
    {
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
