using System.Runtime.InteropServices;
using DuckDB.NET.Native;

namespace Consort.Data.DuckDb;

/// <summary>What DuckDB.NET has not: where the values of a vector stand, as an address and no pointer, and what a statement is.</summary>
internal static class DuckDbLibrary
{
    private const string Library = "duckdb";
    private const DllImportSearchPath Places = DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory;

    /// <summary>The values, as their type stores them.</summary>
    [DllImport(Library, EntryPoint = "duckdb_vector_get_data")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern nint Data(nint vector);

    /// <summary>What a statement is that was prepared and not yet run.</summary>
    [DllImport(Library, EntryPoint = "duckdb_prepared_statement_type")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern DuckDBStatementType TypeOf(DuckDBPreparedStatement statement);

    /// <summary>A bit for each value that is there; 0 where all are.</summary>
    [DllImport(Library, EntryPoint = "duckdb_vector_get_validity")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern nint Validity(nint vector);
}
