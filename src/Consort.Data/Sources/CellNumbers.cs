using System.Runtime.InteropServices;

namespace Consort.Data.Sources;

/// <summary>
/// Whole numbers of at most 18 digits in the place of cells, 8 bytes each as a cell has: those of a source that holds numbers, for whoever
/// asks for them instead of their texts.
/// </summary>
internal static class CellNumbers
{
    /// <summary>In place of a row that has none.</summary>
    public const long Absent = long.MinValue;

    /// <summary>The greatest.</summary>
    public const long Most = 999_999_999_999_999_999;

    /// <summary>The numbers.</summary>
    public static Span<long> Of(Span<Cell> cells) => MemoryMarshal.Cast<Cell, long>(cells);

    /// <summary>The numbers.</summary>
    public static ReadOnlySpan<long> Of(ReadOnlySpan<Cell> cells) => MemoryMarshal.Cast<Cell, long>(cells);

    /// <summary>Makes them cells with texts after all.</summary>
    public static void Write(Span<Cell> cells, CellWriter writer)
    {
        foreach (ref var cell in cells)
        {
            var number = Of(MemoryMarshal.CreateSpan(ref cell, 1))[0];
            cell = number == Absent ? new Cell { Length = -1 } : writer.Integer(number);
        }
    }
}
