using System.Runtime.InteropServices;

namespace Consort.Data.DuckDb;

/// <summary>Where the values of a vector stand. The same functions of DuckDB.NET give pointers, which only unsafe code may have.</summary>
internal static class VectorMemory
{
    private const string Library = "duckdb";

    /// <summary>The values, as their type stores them.</summary>
    [DllImport(Library, EntryPoint = "duckdb_vector_get_data"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static extern nint Data(nint vector);

    /// <summary>A bit for each value that is there; 0 where all are.</summary>
    [DllImport(Library, EntryPoint = "duckdb_vector_get_validity"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    public static extern nint Validity(nint vector);
}
