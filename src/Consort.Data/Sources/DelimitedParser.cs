using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Consort.Data.Sources;

/// <summary>Delimited text without quotes, one byte between cells: delimiters and line feeds are found 64 bytes at a time.</summary>
internal sealed class DelimitedParser(Layout layout) : LineParser(layout)
{
    private readonly int[] _targets = layout.Targets;
    private readonly byte _delimiter = layout.Schema.Delimiter.Bytes[0];

    // The one loop that every cell of a log goes through, so nothing is checked twice: reads end at the line feed that ends the block, or
    // within its padding, and targets are columns of the group.
    protected override int ParseRows(Block block, int position, RowGroup group)
    {
        ref var data = ref MemoryMarshal.GetReference(block.Bytes);
        ref var cells = ref MemoryMarshal.GetReference(group.All);
        ref var starts = ref MemoryMarshal.GetReference(group.Starts);
        ref var targets = ref MemoryMarshal.GetArrayDataReference(_targets);
        int length = block.Length, columns = _targets.Length;
        int row = 0, column = 0, start = position, chunk = position;
        starts = start;
        while (true)
        {
            // Bits past the block's end are never reached: the block ends with a line feed.
            var ends = Ends(ref Unsafe.Add(ref data, chunk));
            while (ends != 0)
            {
                var end = chunk + BitOperations.TrailingZeroCount(ends);
                ends &= ends - 1;
                ref var cell = ref Unsafe.Add(ref cells, Unsafe.Add(ref targets, column) * RowGroup.Capacity + row);
                cell.Start = start;
                cell.Length = end - start;
                start = end + 1;
                column++;
                var last = column == columns;
                if ((Unsafe.Add(ref data, end) == (byte)'\n') != last) return Stop(block, row, group);
                if (!last) continue;
                if (cell.Length > 0 && Unsafe.Add(ref data, end - 1) == (byte)'\r') cell.Length--;
                column = 0;
                row++;
                if (row == RowGroup.Capacity || start == length)
                {
                    group.Rows = row;
                    return start;
                }
                Unsafe.Add(ref starts, row) = start;
            }
            chunk += 64;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Ends(ref byte at)
    {
        var bytes = Vector512.LoadUnsafe(ref at);
        return (Vector512.Equals(bytes, Vector512.Create(_delimiter)) | Vector512.Equals(bytes, Vector512.Create((byte)'\n')))
            .ExtractMostSignificantBits();
    }

    private int Stop(Block block, int rows, RowGroup group)
    {
        group.Rows = rows;
        var start = group.Starts[rows];
        var row = block.Content[start..];
        row = row[..row.IndexOf((byte)'\n')];
        throw Error(block, start, RowShape.WrongCount(row, row.Count(_delimiter) + 1, _targets.Length, Schema, Rules));
    }
}
