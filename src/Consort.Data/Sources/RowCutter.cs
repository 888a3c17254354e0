using Consort.Data.Schemas;

namespace Consort.Data.Sources;

/// <summary>Finds row ends in raw bytes. With quotes a line feed between quotes belongs to the row; libsvm and libffm lines without a pair or a label are no rows.</summary>
internal static class RowCutter
{
    /// <summary>The length of the whole rows at the start of the data, and how many they are; the data begin at a row's start.</summary>
    public static (int Length, int Rows) Cut(ReadOnlySpan<byte> data, Schema schema)
    {
        if (!schema.Quoted || !data.Contains((byte)'"'))
        {
            int length = data.LastIndexOf((byte)'\n') + 1;
            return (length, schema.Format == DataFormat.Delimited ? data[..length].Count((byte)'\n') : CountPairs(data[..length]));
        }
        int end = 0, rows = 0, position = 0;
        bool inside = false;
        while (true)
        {
            int next = inside ? data[position..].IndexOf((byte)'"') : data[position..].IndexOfAny((byte)'"', (byte)'\n');
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

    /// <summary>The length of the first row with its line end, or −1 when it is not whole.</summary>
    public static int FirstRow(ReadOnlySpan<byte> data, bool quoted)
    {
        if (!quoted) return data.IndexOf((byte)'\n') + 1 is > 0 and var length ? length : -1;
        bool inside = false;
        for (int position = 0; position < data.Length; position++)
        {
            if (data[position] == (byte)'"') inside = !inside;
            if (data[position] == (byte)'\n' && !inside) return position + 1;
        }
        return -1;
    }

    /// <summary>Whether a libsvm or libffm line is blank or a comment.</summary>
    public static bool IsEmpty(ReadOnlySpan<byte> line)
    {
        line = line.TrimStart(" \t\r"u8);
        return line.IsEmpty || line[0] == (byte)'#';
    }

    /// <summary>Whether lines end with carriage returns alone: there is one outside quotes with more behind it, and no line feed at all.</summary>
    public static bool EndsWithReturns(ReadOnlySpan<byte> data, bool quoted)
    {
        data = data.TrimEnd((byte)'\r');
        if (data.Contains((byte)'\n')) return false;
        bool inside = false;
        foreach (byte b in data)
        {
            if (quoted && b == (byte)'"') inside = !inside;
            if (b == (byte)'\r' && !inside) return true;
        }
        return false;
    }

    private static int CountPairs(ReadOnlySpan<byte> lines)
    {
        int rows = 0;
        while (!lines.IsEmpty)
        {
            int length = lines.IndexOf((byte)'\n');
            if (!IsEmpty(lines[..length])) rows++;
            lines = lines[(length + 1)..];
        }
        return rows;
    }
}
