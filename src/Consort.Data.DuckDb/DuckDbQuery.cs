using Consort.Data.Sources;
using DuckDB.NET.Native;

namespace Consort.Data.DuckDb;

/// <summary>A query that DuckDB is answering, chunk by chunk and in the query's own order.</summary>
internal sealed class DuckDbQuery : IDisposable
{
    private readonly string _name;
    private readonly DuckDBDatabase _database;
    private readonly DuckDBNativeConnection _connection = new();
    private DuckDBPreparedStatement? _statement;
    private DuckDBResult _result;
    private bool _hasResult;

    private DuckDbQuery(DuckDbPlace place, string name)
    {
        _name = name;
        if (place.Database is { } file) SourceStream.Check(file);
        _database = OpenDatabase(place);
        try
        {
            Check(NativeMethods.Startup.DuckDBConnect(_database, out _connection), "it could not be connected to");
            if (place.Folder is { } folder) Set("file_search_path", folder);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The columns of the answer.</summary>
    public IReadOnlyList<DuckDbColumn> Columns { get; private set; } = [];

    /// <summary>Asks.</summary>
    /// <param name="place">What.</param>
    /// <param name="name">What messages begin with.</param>
    /// <param name="isRead">Of a table, the columns that are read; null for all.</param>
    /// <exception cref="ConsortException">DuckDB refuses it; the message is its own.</exception>
    public static DuckDbQuery Open(DuckDbPlace place, string name, Func<IReadOnlyList<DuckDbColumn>, IEnumerable<string>>? isRead = null)
    {
        var query = new DuckDbQuery(place, name);
        try
        {
            if (place.Query is { } sql)
            {
                query.Ask(sql);
                return query;
            }
            var table = string.Join('.', place.TableName!.Split('.').Select(Quoted));
            query.Ask($"select * from {table}");
            if (isRead is null) return query;
            // What nobody reads is not taken from the disk.
            string[] names = [.. isRead(query.Columns)];
            query.Forget();
            query.Ask($"select {string.Join(", ", names.Select(Quoted))} from {table}");
            return query;
        }
        catch
        {
            query.Dispose();
            throw;
        }
    }

    /// <summary>The next rows; null at the end. To be disposed of.</summary>
    /// <exception cref="ConsortException">DuckDB has come upon a mistake.</exception>
    public DuckDBDataChunk? Next()
    {
        var chunk = NativeMethods.Query.DuckDBFetchChunk(_result);
        if (!chunk.IsInvalid) return chunk;
        chunk.Dispose();
        var mistake = NativeMethods.Query.DuckDBResultError(ref _result);
        return string.IsNullOrEmpty(mistake) ? null : throw Failed(mistake);
    }

    /// <summary>Has DuckDB stop, from another thread.</summary>
    public void Interrupt() => NativeMethods.Startup.DuckDBInterrupt(_connection);

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        _connection.Dispose();
        _database.Dispose();
    }

    private static string Quoted(string name) =>
        name.StartsWith('"') ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private DuckDBDatabase OpenDatabase(DuckDbPlace place)
    {
        Check(NativeMethods.Configuration.DuckDBCreateConfig(out var config), "its settings could not be made");
        using (config)
        {
            Configure(config, "memory_limit", FormattableString.Invariant($"{place.Options.MemoryMb}MB"));
            Configure(config, "temp_directory", Path.Combine(Path.GetTempPath(), "consort-duckdb"));
            if (place.Options.Threads > 0) Configure(config, "threads", FormattableString.Invariant($"{place.Options.Threads}"));
            // Rows are read; whoever writes the file meanwhile is told so by DuckDB.
            if (place.Database is not null) Configure(config, "access_mode", "READ_ONLY");
            var state = NativeMethods.Startup.DuckDBOpen(place.Database ?? ":memory:", out var database, config, out var mistake);
            return state.IsSuccess() ? database : throw Failed(mistake ?? "it could not be opened");
        }
    }

    private void Configure(DuckDBConfig config, string key, string value) =>
        Check(NativeMethods.Configuration.DuckDBSetConfig(config, key, value), $"its setting {key} could not be {value}");

    private void Set(string key, string value)
    {
        var sql = $"set {key} = '{value.Replace("'", "''", StringComparison.Ordinal)}'";
        var state = NativeMethods.Query.DuckDBQuery(_connection, sql, out var result);
        var mistake = state.IsSuccess() ? null : NativeMethods.Query.DuckDBResultError(ref result);
        NativeMethods.Query.DuckDBDestroyResult(ref result);
        Check(state, mistake ?? key);
    }

    private void Ask(string sql)
    {
        var state = NativeMethods.PreparedStatements.DuckDBPrepare(_connection, sql, out _statement);
        if (!state.IsSuccess()) throw Failed(NativeMethods.PreparedStatements.DuckDBPrepareError(_statement) ?? "it could not be prepared");
        // Before it is run: what writes must not have written.
        if (DuckDbLibrary.TypeOf(_statement) != DuckDBStatementType.Select)
            throw new ConsortException($"{_name}: found a statement that is no query, expected select …");
        state = NativeMethods.PreparedStatements.DuckDBExecutePreparedStreaming(_statement, out _result);
        _hasResult = true;
        if (!state.IsSuccess()) throw Failed(NativeMethods.Query.DuckDBResultError(ref _result) ?? "it could not be run");
        Columns = [.. Enumerable.Range(0, (int)NativeMethods.Query.DuckDBColumnCount(ref _result)).Select(Column)];
    }

    private DuckDbColumn Column(int index)
    {
        using var type = NativeMethods.Query.DuckDBColumnLogicalType(ref _result, index);
        return DuckDbColumn.Of(NativeMethods.Query.DuckDBColumnName(ref _result, index), index, type);
    }

    private void Forget()
    {
        if (_hasResult) NativeMethods.Query.DuckDBDestroyResult(ref _result);
        _hasResult = false;
        _statement?.Dispose();
        _statement = null;
    }

    private void Check(DuckDBState state, string mistake)
    {
        if (!state.IsSuccess()) throw Failed(mistake);
    }

    // DuckDB points at the place in the query on lines of its own.
    private ConsortException Failed(string mistake) => new($"{_name}: DuckDB says: {string.Join(" ", mistake.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))}");
}
