using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Consort.Data.Readers;

/// <summary>Delimited text without quotes: delimiters and line feeds are found 64 bytes at a time.</summary>
internal sealed unsafe class DelimitedParser(Layout layout) : RowParser
{
    private readonly int[] _targets = layout.Targets;
    private readonly byte _delimiter = layout.Schema.Delimiter;
    private readonly bool _trim = layout.Schema.Trim;

    public override int Parse(Block block, int position, string path, RowGroup group)
    {
        byte* data = block.Data;
        int length = block.Length, columns = _targets.Length;
        Cell* cells = group.Cells;
        int* starts = group.RowStarts;
        int row = 0, column = 0, start = position, chunk = position;
        starts[0] = start;
        fixed (int* targets = _targets)
        {
            while (true)
            {
                // Bits past the block's end are never reached: the block ends with a line feed.
                ulong ends = Ends(data + chunk);
                while (ends != 0)
                {
                    int end = chunk + BitOperations.TrailingZeroCount(ends);
                    ends &= ends - 1;
                    Cell* cell = cells + targets[column] * RowGroup.Capacity + row;
                    cell->Start = start;
                    cell->Length = end - start;
                    start = end + 1;
                    column++;
                    bool last = column == columns;
                    if ((data[end] == (byte)'\n') != last) throw WrongCount(block, starts[row], path, columns);
                    if (!last) continue;
                    if (cell->Length > 0 && data[end - 1] == (byte)'\r') cell->Length--;
                    column = 0;
                    row++;
                    if (row == RowGroup.Capacity || start == length)
                    {
                        group.Rows = row;
                        if (_trim) Trim(data, group);
                        return start;
                    }
                    starts[row] = start;
                }
                chunk += 64;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Ends(byte* p)
    {
        Vector512<byte> bytes = Vector512.Load(p);
        return (Vector512.Equals(bytes, Vector512.Create(_delimiter)) | Vector512.Equals(bytes, Vector512.Create((byte)'\n')))
            .ExtractMostSignificantBits();
    }

    private static void Trim(byte* data, RowGroup group)
    {
        for (int c = 0; c < group.Columns; c++)
        {
            Cell* column = group.Column(c);
            for (int r = 0; r < group.Rows; r++)
            {
                while (column[r].Length > 0 && data[column[r].Start] == (byte)' ')
                {
                    column[r].Start++;
                    column[r].Length--;
                }
                while (column[r].Length > 0 && data[column[r].Start + column[r].Length - 1] == (byte)' ') column[r].Length--;
            }
        }
    }

    private ConsortException WrongCount(Block block, int rowStart, string path, int columns)
    {
        var rest = new ReadOnlySpan<byte>(block.Data + rowStart, block.Length - rowStart);
        ReadOnlySpan<byte> row = rest[..rest.IndexOf((byte)'\n')];
        string found = row.Trim((byte)'\r').IsEmpty ? "an empty line" : $"{row.Count(_delimiter) + 1} columns";
        return Error(block, rowStart, path, $"found {found}, expected {columns}" + (row.Trim((byte)'\r').IsEmpty ? " columns" : ""));
    }
}
