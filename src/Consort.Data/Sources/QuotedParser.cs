namespace Consort.Data.Sources;

/// <summary>Delimited text with RFC 4180 quotes: cells may hold delimiters, line ends and doubled quotes.</summary>
internal sealed class QuotedParser(Layout layout) : LineParser(layout)
{
    private readonly int[] _targets = layout.Targets;
    private readonly byte[] _delimiter = layout.Schema.Delimiter.Bytes.ToArray();

    // Spaces that may belong to the delimiter are not dropped.
    private readonly bool _trimOutside = layout.Schema.Trim && layout.Schema.Delimiter.Text[0] != ' ';

    protected override int ParseRows(Block block, int position, RowGroup group)
    {
        while (group.Rows < RowGroup.Capacity && position < block.Length)
        {
            group.Starts[group.Rows] = position;
            position = ParseRow(block, position, group);
            group.Rows++;
        }
        return position;
    }

    private int ParseRow(Block block, int position, RowGroup group)
    {
        // It ends with a line feed, which every loop below stops at.
        var data = block.Bytes[..block.Length];
        int rowStart = position, column = 0;
        while (true)
        {
            Cell cell;
            if (_trimOutside) position = PassSpaces(data, position);
            if (data[position] == (byte)'"')
            {
                cell = Unquote(data, ref position);
                if (_trimOutside) position = PassSpaces(data, position);
            }
            else
            {
                cell = Plain(data, position);
                // The rows were cut by counting quotes, so a stray one would put the cuts in the wrong places.
                if (data.Slice(cell.Start, cell.Length).Contains((byte)'"'))
                    throw Error(block, rowStart, $"column {column + 1}: found a quote inside a cell that does not begin with one, expected the whole cell in quotes and those within it doubled");
                position += cell.Length;
                if (data[position] == (byte)'\n' && cell.Length > 0 && data[position - 1] == (byte)'\r') cell.Length--;
            }
            if (column < _targets.Length) group.CellsOf(_targets[column])[group.Rows] = cell;
            column++;
            if (data[position..].StartsWith(_delimiter))
            {
                position += _delimiter.Length;
                continue;
            }
            if (data[position] == (byte)'\r' && data[position + 1] == (byte)'\n') position++;
            if (data[position] != (byte)'\n')
                throw Error(block, rowStart, $"column {column}: found text after a closing quote, expected a delimiter");
            if (column != _targets.Length)
                throw Error(block, rowStart, RowShape.WrongCount(data[rowStart..position], column, _targets.Length, Schema, Rules));
            return position + 1;
        }
    }

    private Cell Plain(ReadOnlySpan<byte> data, int position)
    {
        var rest = data[position..];
        if (_delimiter.Length == 1) return new Cell { Start = position, Length = rest.IndexOfAny(_delimiter[0], (byte)'\n') };
        int line = rest.IndexOf((byte)'\n'), end = rest[..line].IndexOf(_delimiter);
        return new Cell { Start = position, Length = end < 0 ? line : end };
    }

    private static int PassSpaces(ReadOnlySpan<byte> data, int position)
    {
        while (data[position] == (byte)' ') position++;
        return position;
    }

    /// <summary>Reads a quoted cell; doubled quotes are closed up within the block, where the text can only get shorter.</summary>
    private static Cell Unquote(Span<byte> data, ref int position)
    {
        int start = position + 1, write = start, read = start;
        // The block was cut at a row end outside quotes, so a closing quote comes.
        while (true)
        {
            if (data[read] == (byte)'"')
            {
                if (data[read + 1] != (byte)'"') break;
                read++;
            }
            data[write++] = data[read++];
        }
        // What is left behind must not be counted as lines when an error is reported.
        data[write..read].Fill((byte)' ');
        position = read + 1;
        return new Cell { Start = start, Length = write - start };
    }
}
