using Consort.Data.Sources;

namespace Consort.Data.Parquet;

/// <summary>Rows of Parquet files: <c>SourceCatalogue.BuiltIn.With(ParquetRows.Kind)</c> gives a catalogue that reads them.</summary>
public static class ParquetRows
{
    /// <summary>The kind of source, known by the first bytes of a file.</summary>
    public static SourceKind Kind { get; } = new("parquet", request => new ParquetSource(request), ColumnsOf)
    {
        IsFile = head => head.AsSpan().StartsWith("PAR1"u8) || head.AsSpan().StartsWith("PARE"u8),
    };

    private static SourceColumn[] ColumnsOf(string path)
    {
        using var file = ParquetFile.Open(path);
        return [.. file.Columns.Select(c => c.Facts),
            .. file.Keys.Select(k => new SourceColumn(k.Name, ParquetColumn.Text))];
    }
}
