using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Consort.Data.Sources;

/// <summary>Delimited text without quotes, one byte between cells: delimiters and line feeds are found 64 bytes at a time.</summary>
internal sealed class DelimitedParser(Layout layout) : RowParser(layout)
{
    private readonly int[] _targets = layout.Targets;
    private readonly byte _delimiter = layout.Schema.Delimiter.Bytes[0];
    private readonly CellTrim _trim = new(layout);

    // The one loop that every cell of a log goes through, so it keeps raw pointers: reads end at the line feed that ends the block,
    // or within its padding, and targets are columns of the group.
    protected override unsafe int ParseRows(Block block, int position, string path, RowGroup group)
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
                    if ((data[end] == (byte)'\n') != last) return Stop(block, row, path, group);
                    if (!last) continue;
                    if (cell->Length > 0 && data[end - 1] == (byte)'\r') cell->Length--;
                    column = 0;
                    row++;
                    if (row == RowGroup.Capacity || start == length)
                    {
                        group.Rows = row;
                        _trim.Apply(block, group);
                        return start;
                    }
                    starts[row] = start;
                }
                chunk += 64;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private unsafe ulong Ends(byte* p)
    {
        Vector512<byte> bytes = Vector512.Load(p);
        return (Vector512.Equals(bytes, Vector512.Create(_delimiter)) | Vector512.Equals(bytes, Vector512.Create((byte)'\n')))
            .ExtractMostSignificantBits();
    }

    private int Stop(Block block, int rows, string path, RowGroup group)
    {
        group.Rows = rows;
        _trim.Apply(block, group);
        int start = group.Starts[rows];
        ReadOnlySpan<byte> row = block.Content[start..];
        row = row[..row.IndexOf((byte)'\n')];
        throw Error(block, start, path, RowShape.WrongCount(row, row.Count(_delimiter) + 1, _targets.Length, Schema, Rules));
    }
}
