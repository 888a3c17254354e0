using System.Runtime.InteropServices;

namespace Consort.Data.DuckDb;

/// <summary>Where the values of a vector stand, as an address; the same functions of DuckDB.NET give pointers.</summary>
internal static class VectorMemory
{
    private const string Library = "duckdb";
    private const DllImportSearchPath Places = DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory;

    /// <summary>The values, as their type stores them.</summary>
    [DllImport(Library, EntryPoint = "duckdb_vector_get_data")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern nint Data(nint vector);

    /// <summary>A bit for each value that is there; 0 where all are.</summary>
    [DllImport(Library, EntryPoint = "duckdb_vector_get_validity")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern nint Validity(nint vector);
}
