namespace Consort.Data.Sources;

/// <summary>
/// Text with delimiters between the cells of a row, in quotes (RFC 4180) or not. Between quotes a line feed belongs to the row.
/// </summary>
internal sealed class DelimitedSource(SourceRequest request) : LineSource(request)
{
    protected override bool RowsAreLines => !Schema.Quoted;

    public override RowParser Parser() => this switch
    {
        { Schema.Quoted: true } => new QuotedParser(Layout!),
        { Schema.Delimiter.Bytes.Length: 1 } => new DelimitedParser(Layout!),
        _ => new LongDelimitedParser(Layout!),
    };

    protected override Layout LayoutOf(ReadOnlySpan<byte> firstRow) => HeaderRow.LayoutOf(Path, Schema, firstRow, Rules, First);

    protected override (int Length, int Rows) Cut(ReadOnlySpan<byte> data)
    {
        if (!Schema.Quoted || !data.Contains((byte)'"'))
        {
            var length = data.LastIndexOf((byte)'\n') + 1;
            return (length, data[..length].Count((byte)'\n'));
        }
        var (end, rows, position, inside) = (0, 0, 0, false);
        while (true)
        {
            var next = inside ? data[position..].IndexOf((byte)'"') : data[position..].IndexOfAny((byte)'"', (byte)'\n');
            if (next < 0) return (end, rows);
            position += next + 1;
            if (data[position - 1] == (byte)'"')
            {
                inside = !inside;
                continue;
            }
            end = position;
            rows++;
        }
    }

    protected override int FirstRow(ReadOnlySpan<byte> data)
    {
        if (!Schema.Quoted) return base.FirstRow(data);
        var inside = false;
        for (var position = 0; position < data.Length; position++)
        {
            if (data[position] == (byte)'"') inside = !inside;
            if (data[position] == (byte)'\n' && !inside) return position + 1;
        }
        return -1;
    }
}
