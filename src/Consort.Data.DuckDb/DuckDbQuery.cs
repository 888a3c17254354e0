using Consort.Data.Sources;
using DuckDB.NET.Native;

namespace Consort.Data.DuckDb;

/// <summary>A query that DuckDB is answering, chunk by chunk and in the query's own order.</summary>
internal sealed class DuckDbQuery : IDisposable
{
    private const int InterruptMilliseconds = 50;
    private readonly string _name;
    private readonly DuckDBDatabase _database;
    private readonly DuckDBNativeConnection _connection = new();
    private DuckDBPreparedStatement? _statement;
    private DuckDBResult _result;
    private readonly Lock _gate = new();
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _stop;
    private Timer? _interrupts;
    private bool _hasResult;
    private bool _isClosed;

    private DuckDbQuery(DuckDbPlace place, string name, CancellationToken cancellation)
    {
        (_name, _cancellation) = (name, cancellation);
        if (place.Database is { } file) SourceStream.Check(file);
        _database = OpenDatabase(place);
        try
        {
            Check(NativeMethods.Startup.DuckDBConnect(_database, out _connection), "it could not be connected to");
            if (place.Folder is { } folder) Set("file_search_path", folder);
            _stop = cancellation.Register(Interrupt);
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
    /// <param name="isRead">Of a table, the columns that are read.</param>
    /// <param name="cancellation">Interrupts DuckDB at what it is doing.</param>
    /// <exception cref="ConsortException">DuckDB refuses it; the message is its own.</exception>
    public static DuckDbQuery Open(DuckDbPlace place, string name, Func<IReadOnlyList<DuckDbColumn>, IEnumerable<string>> isRead,
        CancellationToken cancellation)
    {
        var query = new DuckDbQuery(place, name, cancellation);
        try
        {
            query.Prepare(Statement(place));
            if (place.TableName is not null)
            {
                // What nobody reads is not taken from the disk.
                string[] names = [.. isRead(query.Columns)];
                query.Forget();
                query.Prepare($"select {string.Join(", ", names.Select(Quoted))} from {Table(place)}");
            }
            query.Ask();
            return query;
        }
        catch
        {
            query.Dispose();
            throw;
        }
    }

    /// <summary>The columns that a query would give; it is not run.</summary>
    /// <exception cref="ConsortException">DuckDB refuses it; the message is its own.</exception>
    public static IReadOnlyList<DuckDbColumn> ColumnsOf(DuckDbPlace place, string name)
    {
        using var query = new DuckDbQuery(place, name, CancellationToken.None);
        query.Prepare(Statement(place));
        return query.Columns;
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

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Dispose();
        lock (_gate)
        {
            _isClosed = true;
            _interrupts?.Dispose();
        }
        Forget();
        _connection.Dispose();
        _database.Dispose();
    }

    // Again and again: what DuckDB is about to begin does not know of an interrupt before it.
    private void Interrupt()
    {
        lock (_gate) _interrupts ??= new Timer(_ => InterruptNow(), null, 0, InterruptMilliseconds);
    }

    private void InterruptNow()
    {
        lock (_gate)
        {
            if (!_isClosed) NativeMethods.Startup.DuckDBInterrupt(_connection);
        }
    }

    private static string Statement(DuckDbPlace place) => place.Query ?? $"select * from {Table(place)}";

    private static string Table(DuckDbPlace place) => string.Join('.', place.TableName!.Split('.').Select(Quoted));

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
            if (state.IsSuccess()) return database;
            // Of a file of something else DuckDB speaks of its memory.
            if (place.Database is { } file && !IsDatabase(file))
                throw new ConsortException($"{file}: found no DuckDB database, expected one");
            throw Failed(mistake ?? "it could not be opened");
        }
    }

    private static bool IsDatabase(string path)
    {
        var head = new byte[12];
        using var file = SourceStream.Open(path);
        var read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return read == head.Length && (head.AsSpan(8).SequenceEqual("DUCK"u8) || head.AsSpan().SequenceEqual("SQLite forma"u8));
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

    private void Prepare(string sql)
    {
        var state = NativeMethods.PreparedStatements.DuckDBPrepare(_connection, sql, out _statement);
        if (!state.IsSuccess()) throw Failed(NativeMethods.PreparedStatements.DuckDBPrepareError(_statement) ?? "it could not be prepared");
        // Before it is run: what writes must not have written.
        if (DuckDbLibrary.TypeOf(_statement) != DuckDBStatementType.Select)
            throw new ConsortException($"{_name}: found a statement that is no query, expected select …");
        Columns = [.. Enumerable.Range(0, (int)DuckDbLibrary.Columns(_statement)).Select(i =>
        {
            using var type = DuckDbLibrary.TypeOf(_statement, i);
            return DuckDbColumn.Of(DuckDbLibrary.NameOf(_statement, i), i, type);
        })];
    }

    private void Ask()
    {
        _cancellation.ThrowIfCancellationRequested();
        var state = NativeMethods.PreparedStatements.DuckDBExecutePreparedStreaming(_statement!, out _result);
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
