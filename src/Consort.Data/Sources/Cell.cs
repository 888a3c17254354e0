using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

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

    /// <summary>The bytes of a cell that has at most 8 of them as a number, the first one least, zeros behind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ulong Word(ReadOnlySpan<byte> block)
    {
        var rest = block[Start..];
        if (rest.Length < 8) return WordAtEnd(rest[..Math.Max(0, Length)]);
        var bytes = BinaryPrimitives.ReadUInt64LittleEndian(rest);
        if (Bmi2.X64.IsSupported) return Bmi2.X64.ZeroHighBits(bytes, (ulong)Math.Max(0, Length) * 8);
        return Length <= 0 ? 0 : bytes & (ulong.MaxValue >> (64 - 8 * Length));
    }

    /// <summary>Its bytes; none where it is absent.</summary>
    public readonly ReadOnlySpan<byte> Of(ReadOnlySpan<byte> block)
    {
        // Parsers cut cells within their block; to check each again costs a tenth of encoding, so the guarded build does it.
        if (MemoryGuard.IsOn) return block.Slice(Start, Math.Max(0, Length));
        return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref MemoryMarshal.GetReference(block), Start), Math.Max(0, Length));
    }

    private static ulong WordAtEnd(ReadOnlySpan<byte> text)
    {
        Span<byte> padded = stackalloc byte[8];
        padded.Clear();
        text.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64LittleEndian(padded);
    }
}
