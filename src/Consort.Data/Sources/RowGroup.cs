using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Consort.Data.Sources;

/// <summary>A cell's place in its block; a length of −1 means that the row has no such cell.</summary>
internal struct Cell
{
    public int Start;
    public int Length;

    /// <summary>The cell without the spaces around it; it has bytes.</summary>
    public readonly Cell Trimmed(ReadOnlySpan<byte> block)
    {
        ReadOnlySpan<byte> text = block.Slice(Start, Length);
        int spaces = text.Length - text.TrimStart((byte)' ').Length;
        return new Cell { Start = Start + spaces, Length = text.Trim((byte)' ').Length };
    }

    /// <summary>Its bytes; none where it is absent.</summary>
    public readonly ReadOnlySpan<byte> Of(ReadOnlySpan<byte> block)
    {
        // Parsers cut cells within their block; to check each again costs a tenth of encoding, so the guarded build does it.
        if (MemoryGuard.IsOn) return block.Slice(Start, Math.Max(0, Length));
        return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref MemoryMarshal.GetReference(block), Start), Math.Max(0, Length));
    }
}

/// <summary>
/// The cells of a few rows, column by column: small enough to stay in the first-level cache, and a column's rows
/// are then worked through together, so that one vocabulary is in use at a time and its slots can be prefetched.
/// </summary>
internal sealed unsafe class RowGroup : IDisposable
{
    public const int Capacity = 64;

    /// <param name="columns">Fields of the schema; one more column takes cells that nobody needs, and libsvm labels.</param>
    public RowGroup(int columns)
    {
        Columns = columns;
        Cells = (Cell*)NativeBlocks.Rubbish<Cell>((columns + 1L) * Capacity);
        RowStarts = (int*)NativeBlocks.Rubbish<int>(Capacity);
        for (int c = 0; c <= columns; c++) ClearColumn(c);
        Starts.Clear();
    }

    public int Columns { get; }

    /// <summary>[column, row], <see cref="Capacity"/> rows apart.</summary>
    public Cell* Cells { get; private set; }

    /// <summary>Where each row begins in its block.</summary>
    public int* RowStarts { get; private set; }

    public int Rows { get; set; }

    /// <summary>The mistake in the row after the last one, which stopped the parser; null where there is none.</summary>
    public ConsortException? Mistake { get; set; }

    public Cell* Column(int column) => Cells + column * Capacity;

    /// <summary>The cells of a column, of <see cref="Capacity"/> rows.</summary>
    public Span<Cell> CellsOf(int column)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)column, (uint)Columns, nameof(column));
        return new Span<Cell>(Column(column), Capacity);
    }

    /// <summary>Where each row begins, as a span.</summary>
    public Span<int> Starts => new(RowStarts, Capacity);

    /// <summary>Makes a column one that no row has: a parser does so with every column that it does not write.</summary>
    public void ClearColumn(int column) => CellsOf(column).Fill(new Cell { Start = 0, Length = -1 });

    /// <summary>The cells of a column, of the rows that are held.</summary>
    public ReadOnlySpan<Cell> Held(int column) => CellsOf(column)[..Rows];

    /// <summary>Throws the mistake that stopped the parser; asked for after the rows before it were found to be good.</summary>
    public void ThrowIfStopped()
    {
        if (Mistake is { } mistake) throw mistake;
    }

    public void Dispose()
    {
        Free(isFinalizer: false);
        GC.SuppressFinalize(this);
    }

    ~RowGroup() => Free(isFinalizer: true);

    private void Free(bool isFinalizer)
    {
        NativeBlocks.Free(Cells, isFinalizer);
        NativeBlocks.Free(RowStarts, isFinalizer);
        Cells = null;
        RowStarts = null;
    }
}
