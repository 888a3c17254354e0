namespace Consort.Data.Readers;

/// <summary>A cell's place in its block; a length of −1 means that the row has no such cell.</summary>
internal struct Cell
{
    public int Start;
    public int Length;

    /// <summary>Its bytes; none where it is absent.</summary>
    public readonly ReadOnlySpan<byte> Of(ReadOnlySpan<byte> block) => block.Slice(Start, Math.Max(0, Length));
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
    }

    public int Columns { get; }

    /// <summary>[column, row], <see cref="Capacity"/> rows apart.</summary>
    public Cell* Cells { get; private set; }

    /// <summary>Where each row begins in its block.</summary>
    public int* RowStarts { get; private set; }

    public int Rows { get; set; }

    public Cell* Column(int column) => Cells + column * Capacity;

    /// <summary>Where a row begins in its block.</summary>
    public int StartOf(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows);
        return RowStarts[row];
    }

    /// <summary>The cells of a column, one a row.</summary>
    public ReadOnlySpan<Cell> CellsOf(int column)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)column, (uint)Columns);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)Rows, (uint)Capacity);
        return new(Column(column), Rows);
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
