using DuckDB.NET.Data;

namespace Consort.Data.DuckDb.Tests;

/// <summary>A database that a test writes.</summary>
internal sealed class OwnDatabase : IDisposable
{
    private readonly DuckDBConnection _connection;

    public OwnDatabase(string path)
    {
        _connection = new DuckDBConnection($"Data Source={path}");
        _connection.Open();
    }

    public void Run(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public void Dispose() => _connection.Dispose();
}
