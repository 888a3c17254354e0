namespace Consort.Data.Readers;

/// <summary>Finds row ends in raw bytes. With quotes a line feed between quotes belongs to the row.</summary>
internal static class RowCutter
{
    /// <summary>The length of the whole rows at the start of the data, and how many they are; the data begin at a row's start.</summary>
    public static (int Length, int Rows) Cut(ReadOnlySpan<byte> data, bool quoted)
    {
        if (!quoted || !data.Contains((byte)'"'))
        {
            int length = data.LastIndexOf((byte)'\n') + 1;
            return (length, data[..length].Count((byte)'\n'));
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
        bool inside = false;
        for (int position = 0; position < data.Length; position++)
        {
            if (quoted && data[position] == (byte)'"') inside = !inside;
            if (data[position] == (byte)'\n' && !inside) return position + 1;
        }
        return -1;
    }
}
