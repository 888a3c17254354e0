namespace Consort.Data.Sources;

/// <summary>
/// The cells of a few rows, column by column: small enough to stay in the first-level cache, and a column's rows are then worked through
/// together, so that one vocabulary is in use at a time and its slots can be prefetched.
/// </summary>
internal sealed class RowGroup
{
    public const int Capacity = 64;
    private readonly Cell[] _cells;
    private readonly bool[] _hasNumbers;
    private readonly int[] _starts = new int[Capacity];

    /// <param name="columns">Fields of the schema; one more column takes cells that nobody needs, and libsvm labels.</param>
    public RowGroup(int columns)
    {
        Columns = columns;
        _cells = new Cell[(columns + 1L) * Capacity];
        _hasNumbers = new bool[columns + 1];
        All.Fill(new Cell { Start = 0, Length = -1 });
    }

    public int Columns { get; }

    public int Rows { get; set; }

    /// <summary>[column, row], <see cref="Capacity"/> rows apart.</summary>
    public Span<Cell> All => _cells;

    /// <summary>Where each row begins in its block.</summary>
    public Span<int> Starts => _starts;

    /// <summary>The mistake in the row after the last one, which stopped the parser; null where there is none.</summary>
    public ConsortException? Mistake { get; set; }

    /// <summary>The cells of a column, of <see cref="Capacity"/> rows.</summary>
    public Span<Cell> CellsOf(int column) => _cells.AsSpan(column * Capacity, Capacity);

    /// <summary>Whether a column has <see cref="CellNumbers"/>, for a consumer that takes such.</summary>
    public bool HasNumbers(int column) => _hasNumbers[column];

    /// <summary>Says whether it has.</summary>
    public void SetNumbers(int column, bool has) => _hasNumbers[column] = has;

    /// <summary>Says that all have texts.</summary>
    public void ClearNumbers() => Array.Clear(_hasNumbers);

    /// <summary>The numbers of such a column, of the rows that are held.</summary>
    public ReadOnlySpan<long> Numbers(int column) => CellNumbers.Of(Held(column));

    /// <summary>The cells of a column, of the rows that are held.</summary>
    public ReadOnlySpan<Cell> Held(int column) => _cells.AsSpan(column * Capacity, Rows);

    /// <summary>Makes a column one that no row has: a parser does so with every column that it does not write.</summary>
    public void ClearColumn(int column) => CellsOf(column).Fill(new Cell { Start = 0, Length = -1 });
}
