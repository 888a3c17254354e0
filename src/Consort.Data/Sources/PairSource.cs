namespace Consort.Data.Sources;

/// <summary>Lines of libsvm or libffm pairs. Lines that are blank or a comment are no rows.</summary>
internal sealed class PairSource(SourceRequest request) : LineSource(request)
{
    protected override bool RowsAreLines => false;

    public override RowParser Parser() => new PairParser(Layout!);

    /// <summary>Whether a line is blank or a comment.</summary>
    public static bool IsEmpty(ReadOnlySpan<byte> line)
    {
        line = line.TrimStart(" \t\r"u8);
        return line.IsEmpty || line[0] == (byte)'#';
    }

    protected override Layout LayoutOf(ReadOnlySpan<byte> firstRow) => Layout.InOrder(Path, Schema, rules: Rules);

    protected override (int Length, int Rows) Cut(ReadOnlySpan<byte> data)
    {
        var (length, rows) = (data.LastIndexOf((byte)'\n') + 1, 0);
        for (var lines = data[..length]; !lines.IsEmpty;)
        {
            var end = lines.IndexOf((byte)'\n');
            if (!IsEmpty(lines[..end])) rows++;
            lines = lines[(end + 1)..];
        }
        return (length, rows);
    }
}
