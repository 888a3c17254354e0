namespace Consort.Data.Readers;

/// <summary>Delimited text with RFC 4180 quotes: cells may hold delimiters, line ends and doubled quotes.</summary>
internal sealed unsafe class QuotedParser(Layout layout) : RowParser
{
    private readonly int[] _targets = layout.Targets;
    private readonly byte _delimiter = layout.Schema.Delimiter;
    private readonly bool _trim = layout.Schema.Trim;

    public override int Parse(Block block, int position, string path, RowGroup group)
    {
        int row = 0;
        while (row < RowGroup.Capacity && position < block.Length)
        {
            group.RowStarts[row] = position;
            position = ParseRow(block, position, path, group, row);
            row++;
        }
        group.Rows = row;
        return position;
    }

    private int ParseRow(Block block, int position, string path, RowGroup group, int row)
    {
        byte* data = block.Data;
        int rowStart = position, column = 0;
        while (true)
        {
            Cell cell;
            if (_trim)
            {
                while (data[position] == (byte)' ' && _delimiter != (byte)' ') position++;
            }
            if (data[position] == (byte)'"')
            {
                cell = Unquote(data, ref position);
            }
            else
            {
                int length = new ReadOnlySpan<byte>(data + position, block.Length - position).IndexOfAny(_delimiter, (byte)'\n');
                cell = new Cell { Start = position, Length = length };
                // The rows were cut by counting quotes, so a stray one would put the cuts in the wrong places.
                if (new ReadOnlySpan<byte>(data + cell.Start, length).Contains((byte)'"'))
                    throw Error(block, rowStart, path, $"column {column + 1}: found a quote inside a cell that does not begin with one");
                position += length;
                if (data[position] == (byte)'\n' && length > 0 && data[position - 1] == (byte)'\r') cell.Length--;
            }
            if (_trim)
            {
                while (cell.Length > 0 && data[cell.Start + cell.Length - 1] == (byte)' ') cell.Length--;
                while (data[position] == (byte)' ' && _delimiter != (byte)' ') position++;
            }
            if (column < _targets.Length) group.Column(_targets[column])[row] = cell;
            column++;
            if (data[position] == _delimiter)
            {
                position++;
                continue;
            }
            if (data[position] == (byte)'\r' && data[position + 1] == (byte)'\n') position++;
            if (data[position] != (byte)'\n')
                throw Error(block, rowStart, path, $"column {column}: found text after a closing quote, expected a delimiter");
            if (column != _targets.Length)
                throw Error(block, rowStart, path, $"found {column} columns, expected {_targets.Length}");
            return position + 1;
        }
    }

    /// <summary>Reads a quoted cell; doubled quotes are closed up within the block, where the text can only get shorter.</summary>
    private static Cell Unquote(byte* data, ref int position)
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
        for (int i = write; i < read; i++) data[i] = (byte)' ';
        position = read + 1;
        return new Cell { Start = start, Length = write - start };
    }
}
