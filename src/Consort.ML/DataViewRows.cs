using Consort.Data.Sources;
using Microsoft.ML;

namespace Consort.ML;

/// <summary>
/// Rows of ML.NET as a source, to encode or to train on: <c>SourceCatalogue.BuiltIn.With(DataViewRows.Of("clicks", view))</c> gives a
/// catalogue that knows the place <c>rows:clicks</c>.
/// </summary>
/// <remarks>
/// Numbers, texts, flags and times are columns as they are; NaN is missing. A key is the value that it stands for, where the view says it,
/// else its number. A vector of numbers whose length is known is a column each, <c>Features[0]</c> or <c>Features[its name]</c>; any other
/// vector is a list. Columns of other types cannot be read.
/// </remarks>
public static class DataViewRows
{
    /// <summary>A kind of source with one place, <c>rows:NAME</c>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="view">The rows; read anew, in the same order, at each pass.</param>
    public static SourceKind Of(string name, IDataView view)
    {
        var columns = ViewColumn.All(view.Schema);
        return TypedRows.Kind(name, () => Rows(view, columns), [.. columns.Select((c, i) => c.At(i))]);
    }

    private static IEnumerable<object?[]> Rows(IDataView view, IReadOnlyList<ViewColumn> columns)
    {
        using var cursor = view.GetRowCursor(columns.Where(c => c.Open is not null).Select(c => c.Column).DistinctBy(c => c.Index));
        var readers = columns.Select(c => c.Open?.Invoke(cursor)).ToArray();
        while (cursor.MoveNext())
            yield return [.. readers.Select(r => r?.Invoke())];
    }
}
