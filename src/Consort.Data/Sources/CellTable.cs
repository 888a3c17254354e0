namespace Consort.Data.Sources;

/// <summary>
/// The cells of a block whose rows come column by column, as of Parquet or a query, and the mistake that comes first among them. Kept
/// with the block and used again.
/// </summary>
internal sealed class CellTable
{
    private Cell[] _cells = [];
    private bool[] _areNumbers = [];

    public int Rows { get; private set; }

    /// <summary>The row that cannot be read; <see cref="Rows"/> where all can.</summary>
    public int BadRow { get; private set; }

    /// <summary>What is wrong with it, without its place.</summary>
    public string? Mistake { get; private set; }

    /// <summary>Begins anew.</summary>
    /// <param name="columns">Fields of the schema.</param>
    /// <param name="rows">Rows of the block.</param>
    public void Begin(int columns, int rows)
    {
        if (_cells.Length < columns * rows) _cells = new Cell[columns * rows];
        if (_areNumbers.Length < columns) _areNumbers = new bool[columns];
        _areNumbers.AsSpan().Clear();
        (Rows, BadRow, Mistake) = (rows, rows, null);
    }

    /// <summary>The cells of a field.</summary>
    public Span<Cell> CellsOf(int field) => _cells.AsSpan(field * Rows, Rows);

    /// <summary>Whether the cells of a field are <see cref="CellNumbers"/>.</summary>
    public bool AreNumbers(int field) => _areNumbers[field];

    /// <summary>Says whether they are.</summary>
    public void SetNumbers(int field, bool are) => _areNumbers[field] = are;

    /// <summary>Notes a row that cannot be read; of several the first is kept, and of one row the first noted.</summary>
    public void Fail(int row, string mistake)
    {
        if (row < BadRow) (BadRow, Mistake) = (row, mistake);
    }
}
