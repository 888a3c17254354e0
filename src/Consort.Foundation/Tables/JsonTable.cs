namespace Consort.Foundation.Tables;

/// <summary>Tables for machines: an object a row, with the columns that have a key; values are as they were measured.</summary>
public static class JsonTable
{
    /// <summary>The rows.</summary>
    public static IEnumerable<IReadOnlyDictionary<string, object?>> Of(ResultTable table) => table.Rows.Select(row =>
        (IReadOnlyDictionary<string, object?>)Enumerable.Range(0, table.Columns.Count).Where(i => table.Columns[i].Key is not null)
            .ToDictionary(i => table.Columns[i].Key!, i => row[i]));
}
