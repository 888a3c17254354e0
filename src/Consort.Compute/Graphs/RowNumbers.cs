namespace Consort.Compute.Graphs;

/// <summary>
/// Where the ids of columns lie in a table: row = id − <see cref="Shift"/>. Ranges follow one another in the order of their ids; columns
/// whose ranges overlap (a shared vocabulary) lie in the same rows.
/// </summary>
internal sealed class RowNumbers
{
    private readonly int[] _shifts;

    /// <summary>Numbers the rows.</summary>
    /// <param name="columns">The ranges of all columns.</param>
    /// <param name="own">Those that the table has; null for all, where the row is the id.</param>
    public RowNumbers(IReadOnlyList<IdRange> columns, IReadOnlyList<int>? own)
    {
        _shifts = new int[columns.Count];
        var (end, shift) = (0, 0);
        foreach (var column in own?.OrderBy(c => columns[c].Offset) ?? Enumerable.Empty<int>())
        {
            shift += Math.Max(0, columns[column].Offset - end);
            _shifts[column] = shift;
            end = Math.Max(end, columns[column].Offset + columns[column].Size);
        }

        Rows = end - shift;
    }

    /// <summary>How many rows the table's own columns have together.</summary>
    public int Rows { get; }

    /// <summary>What a column's ids are greater than its rows.</summary>
    public int Shift(int column) => _shifts[column];
}
