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

    /// <summary>How many columns it would give.</summary>
    [DllImport(Library, EntryPoint = "duckdb_prepared_statement_column_count")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern ulong Columns(DuckDBPreparedStatement statement);

    /// <summary>The type of one of them.</summary>
    [DllImport(Library, EntryPoint = "duckdb_prepared_statement_column_logical_type")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern DuckDBLogicalType TypeOf(DuckDBPreparedStatement statement, long index);

    /// <summary>The name of one of them.</summary>
    public static string NameOf(DuckDBPreparedStatement statement, long index)
    {
        var name = ColumnName(statement, index);
        var text = Marshal.PtrToStringUTF8(name) ?? "";
        Free(name);
        return text;
    }

    /// <summary>Whether a type is JSON, which DuckDB keeps as texts under another name.</summary>
    public static bool IsJson(DuckDBLogicalType type)
    {
        var alias = Alias(type);
        if (alias == 0) return false;
        var name = Marshal.PtrToStringUTF8(alias);
        Free(alias);
        return name == "JSON";
    }

    [DllImport(Library, EntryPoint = "duckdb_logical_type_get_alias")]
    [DefaultDllImportSearchPaths(Places)]
    private static extern nint Alias(DuckDBLogicalType type);

    [DllImport(Library, EntryPoint = "duckdb_prepared_statement_column_name")]
    [DefaultDllImportSearchPaths(Places)]
    private static extern nint ColumnName(DuckDBPreparedStatement statement, long index);

    [DllImport(Library, EntryPoint = "duckdb_free")]
    [DefaultDllImportSearchPaths(Places)]
    private static extern void Free(nint address);

    /// <summary>A bit for each value that is there; 0 where all are.</summary>
    [DllImport(Library, EntryPoint = "duckdb_vector_get_validity")]
    [DefaultDllImportSearchPaths(Places)]
    public static extern nint Validity(nint vector);
}
