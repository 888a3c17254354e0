namespace Consort.Data.Readers;

/// <summary>Cuts rows into cells. One instance per worker and file; adding a format is one such class and one line in <see cref="ReaderCatalogue"/>.</summary>
internal abstract unsafe class RowParser
{
    /// <summary>Fills the group with rows from <paramref name="position"/> on and returns the place after the last one.</summary>
    /// <exception cref="ConsortException">A row that is not of the expected shape, with file and line.</exception>
    public abstract int Parse(Block block, int position, string path, RowGroup group);

    /// <summary>An error at a row of the block.</summary>
    protected static ConsortException Error(Block block, int rowStart, string path, string message)
        => new($"{path}:{block.LineAt(rowStart)}: {message}");

    /// <summary>A cell's text for a message, shortened.</summary>
    public static string Show(ReadOnlySpan<byte> cell)
    {
        string text = System.Text.Encoding.UTF8.GetString(cell.Length > 60 ? cell[..60] : cell);
        return "\"" + text.Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal)
            + (cell.Length > 60 ? "…" : "") + "\"";
    }
}
