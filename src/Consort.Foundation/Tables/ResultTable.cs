using System.Globalization;
using Consort.Foundation.Numbers;

namespace Consort.Foundation.Tables;

/// <summary>
/// A table of results, declared by its columns. Writers make of it Markdown, CSV, JSON, a page, or what a terminal shows.
/// </summary>
/// <param name="Columns">From left to right.</param>
/// <param name="Rows">Cells, as many a row as columns.</param>
public sealed record ResultTable(IReadOnlyList<ResultColumn> Columns, IReadOnlyList<IReadOnlyList<object?>> Rows)
{
    /// <summary>The places of rows that stand out.</summary>
    public IReadOnlyCollection<int> Marked { get; init; } = [];

    /// <summary>What it shows; empty where that stands around it.</summary>
    public string Caption { get; init; } = "";

    /// <summary>How numbers are written.</summary>
    public CultureInfo Culture { get; init; } = ShownNumbers.Culture;

    /// <summary>What stands where there is nothing.</summary>
    public string Missing { get; init; } = "";

    /// <summary>Makes it of rows.</summary>
    /// <param name="rows">From top to bottom.</param>
    /// <param name="columns">From left to right; those that are null are left out.</param>
    public static ResultTable Of<T>(IEnumerable<T> rows, params IEnumerable<ResultColumn<T>?> columns)
    {
        ResultColumn<T>[] present = [.. columns.OfType<ResultColumn<T>>()];
        return new ResultTable(present, [.. rows.Select(row => (IReadOnlyList<object?>)[.. present.Select(c => c.Value(row))])]);
    }

    /// <summary>Without the columns that only machines read.</summary>
    public ResultTable ForPeople => Keep(c => c.Head is not null);

    /// <summary>Without the columns that only machines read or that a terminal has no room for.</summary>
    public ResultTable Narrow => Keep(c => c.Head is not null && !c.IsWide);

    /// <summary>A cell for people.</summary>
    public string Text(int row, int column) => Rows[row][column] switch
    {
        null => Missing,
        string text => text,
        IFormattable number => number.ToString(Columns[column].Format is ResultColumn.Right ? null : Columns[column].Format, Culture),
        var other => other.ToString() ?? "",
    };

    /// <summary>The cells of a row for people.</summary>
    public IEnumerable<string> Texts(int row) => Enumerable.Range(0, Columns.Count).Select(column => Text(row, column));

    private ResultTable Keep(Func<ResultColumn, bool> isKept)
    {
        int[] places = [.. Enumerable.Range(0, Columns.Count).Where(i => isKept(Columns[i]))];
        return this with
        {
            Columns = [.. places.Select(i => Columns[i])],
            Rows = [.. Rows.Select(row => (IReadOnlyList<object?>)[.. places.Select(i => row[i])])]
        };
    }
}
