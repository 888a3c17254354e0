using Consort.Data.Sources;

namespace Consort.Data.DuckDb;

/// <summary>
/// Rows that DuckDB reads, of a query or of a table: <c>SourceCatalogue.BuiltIn.With(DuckDbRows.Kind)</c> gives a catalogue that knows the
/// places <c>sql:select …</c> and <c>duckdb:file.db#table</c>.
/// </summary>
public static class DuckDbRows
{
    /// <summary>The kind of source, known by the words its places begin with.</summary>
    public static SourceKind Kind { get; } = new("duckdb", request => new DuckDbSource(request), ColumnsOf)
    {
        Words = [DuckDbPlace.Sql, DuckDbPlace.Table],
        Read = (map, folder) => DuckDbPlace.Read(map, folder).ToString(),
        Resolve = (place, folder) => DuckDbPlace.Parse(place).From(folder).ToString(),
        Relate = (place, folder) => DuckDbPlace.Parse(place).NearTo(folder).ToString(),
    };

    private static SourceColumn[] ColumnsOf(string place) =>
        [.. DuckDbQuery.ColumnsOf(DuckDbPlace.Parse(place), SourcePlace.Show(place)).Select(c => c.Facts)];
}
