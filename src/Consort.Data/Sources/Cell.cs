using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Consort.Data.Sources;

/// <summary>
/// The text of one field in one row, by its place in the bytes of a block; a length of −1 means that the row has no such cell.
/// </summary>
internal struct Cell
{
    public int Start;
    public int Length;

    /// <summary>The cell without the spaces around it; it has bytes.</summary>
    public readonly Cell Trimmed(ReadOnlySpan<byte> block)
    {
        var text = block.Slice(Start, Length);
        return new Cell { Start = Start + text.Length - text.TrimStart((byte)' ').Length, Length = text.Trim((byte)' ').Length };
    }

    /// <summary>Its bytes; none where it is absent.</summary>
    public readonly ReadOnlySpan<byte> Of(ReadOnlySpan<byte> block)
    {
        // Parsers cut cells within their block; to check each again costs a tenth of encoding, so the guarded build does it.
        if (MemoryGuard.IsOn) return block.Slice(Start, Math.Max(0, Length));
        return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref MemoryMarshal.GetReference(block), Start), Math.Max(0, Length));
    }
}
