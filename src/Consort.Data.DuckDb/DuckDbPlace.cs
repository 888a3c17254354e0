using Consort.Foundation.Options;

namespace Consort.Data.DuckDb;

/// <summary>
/// What DuckDB is asked for: <c>sql:QUERY</c> or <c>duckdb:FILE#TABLE</c>, in full
/// <c>sql:?database=FILE&amp;folder=DIR&amp;memory_mb=N&amp;threads=N#QUERY</c> and <c>duckdb:FILE?memory_mb=N&amp;threads=N#TABLE</c>.
/// </summary>
/// <param name="Query">The query; null for a table.</param>
/// <param name="TableName">The table; null for a query.</param>
/// <param name="Database">The database file; null for none.</param>
/// <param name="Folder">What relative names in a query start from; null for the working directory.</param>
/// <param name="Options">How DuckDB works.</param>
internal sealed record DuckDbPlace(string? Query, string? TableName, string? Database, string? Folder, DuckDbOptions Options)
{
    public const string Sql = "sql", Table = "duckdb";
    private const int LongestShown = 120, MostUp = 3;
    private const string DatabaseKey = "database", FolderKey = "folder", TableKey = "table";

    /// <summary>Reads a place that was written as a text.</summary>
    /// <exception cref="ConsortException">It is none, or an option is wrong.</exception>
    public static DuckDbPlace Parse(string place)
    {
        var isQuery = place.StartsWith(Sql + ":", StringComparison.Ordinal);
        var rest = place[((isQuery ? Sql : Table).Length + 1)..];
        if (isQuery && !rest.StartsWith('?')) return Checked(new(rest, null, null, null, new()), place);
        var hash = rest.IndexOf('#', StringComparison.Ordinal);
        if (hash < 0) throw new ConsortException($"{place}: expected {(isQuery ? "sql:?OPTIONS#QUERY" : "duckdb:FILE#TABLE")}");
        var (head, target) = (rest[..hash], rest[(hash + 1)..]);
        var question = head.IndexOf('?', StringComparison.Ordinal);
        var map = Keys(question < 0 ? "" : head[(question + 1)..], place);
        var file = Uri.UnescapeDataString(question < 0 ? head : head[..question]);
        string? database, folder;
        DuckDbOptions options;
        try
        {
            (database, folder) = (isQuery ? map.TextOrNull(DatabaseKey) : file, map.TextOrNull(FolderKey));
            options = DuckDbOptions.Options.Read(map);
            map.Close();
        }
        catch (ConsortException e) when (e.Message.StartsWith(map.Where(), StringComparison.Ordinal))
        {
            // The map is of no file and no line.
            throw new ConsortException(PrintableText.Short(place, LongestShown) + e.Message[map.Where().Length..], e);
        }
        return Checked(isQuery ? new(target, null, database, folder, options) : new(null, target, database, folder, options), place);
    }

    /// <summary>
    /// Reads <c>{ sql: …, database: … }</c> or <c>{ duckdb: FILE, table: … }</c>, both with options; the caller closes the map.
    /// </summary>
    /// <param name="map">The keys.</param>
    /// <param name="folder">What relative names start from.</param>
    public static DuckDbPlace Read(OptionMap map, string folder)
    {
        if (map.Has(Sql) && map.Has(Table)) throw map.Error(Table, $"found beside {Sql}, expected one of them; a query names its file by {DatabaseKey}");
        var options = DuckDbOptions.Options.Read(map);
        var place = map.Has(Sql)
            ? new DuckDbPlace(map.Text(Sql), null, map.TextOrNull(DatabaseKey), null, options)
            : new DuckDbPlace(null, map.Text(TableKey), map.Text(Table), null, options);
        return Checked(place, map.Where()).From(folder);
    }

    /// <summary>With relative names in full.</summary>
    public DuckDbPlace From(string folder) => this with
    {
        Database = Database is null ? null : Path.GetFullPath(Database, folder),
        Folder = Query is null ? null : Folder is null ? folder : Path.GetFullPath(Folder, folder),
    };

    /// <summary>The way back: with names that start from a folder, where they are near it.</summary>
    public DuckDbPlace NearTo(string folder) => this with
    {
        Database = Database is null ? null : Near(Database, folder),
        Folder = Folder is null || Near(Folder, folder) is "." ? null : Near(Folder, folder),
    };

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString()
    {
        var usual = DuckDbOptions.Options.Write(new DuckDbOptions()).ToHashSet();
        var options = DuckDbOptions.Options.Write(Options).Where(o => !usual.Contains(o)).Select(o => $"{o.Key}={o.Value}").ToList();
        if (Folder is not null) options.Insert(0, $"{FolderKey}={Escaped(Folder)}");
        if (Query is not null && Database is not null) options.Insert(0, $"{DatabaseKey}={Escaped(Database)}");
        var asked = options.Count == 0 ? "" : "?" + string.Join('&', options);
        return Query is null ? $"{Table}:{Escaped(Database!)}{asked}#{TableName}" : $"{Sql}:{(asked.Length > 0 ? asked + "#" : "")}{Query}";
    }

    private static DuckDbPlace Checked(DuckDbPlace place, string where)
    {
        if (string.IsNullOrWhiteSpace(place.Query ?? place.TableName))
            throw new ConsortException($"{where}: found nothing, expected {(place.Query is null ? "the name of a table" : "a query")}");
        return place;
    }

    private static OptionMap Keys(string text, string place)
    {
        var pairs = text.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2));
        return OptionMap.Of(OptionTree.Keys([.. pairs.Select(p => p.Length == 2
            ? (p[0], (OptionTree)Uri.UnescapeDataString(p[1]))
            : throw new ConsortException($"{place}: found \"{p[0]}\", expected options such as memory_mb=4096"))]));
    }

    private static string Near(string path, string folder)
    {
        var relative = Path.GetRelativePath(folder, path);
        return (relative.Split(Path.DirectorySeparatorChar).Count(p => p == "..") > MostUp ? path : relative).Replace('\\', '/');
    }

    private static string Escaped(string text) =>
        "%#?&".Aggregate(text, (t, c) => t.Replace($"{c}", Uri.HexEscape(c), StringComparison.Ordinal));
}
