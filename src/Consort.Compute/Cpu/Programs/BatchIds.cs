using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Programs;

/// <summary>
/// The ids of the last batch, for its backward pass: whoever gave them may use his memory for something else before that.
/// </summary>
internal sealed unsafe class BatchIds(Graph graph, int capacity) : IDisposable
{
    private readonly NativeBuffer<int> _ids = new((long)capacity * graph.Columns.Count, MemoryContent.Unwritten); // [B, F]
    private readonly NativeBuffer<int>? _lists =
        graph.ListRoom == 0 ? null : new NativeBuffer<int>((long)capacity * graph.ListRoom, MemoryContent.Unwritten);
    private readonly CopyJob _copy = new();

    /// <summary>The ids.</summary>
    public int* Ids => _ids.Pointer;

    /// <summary>The lists that they name, or null.</summary>
    public int* Lists => _lists is null ? null : _lists.Pointer;

    /// <summary>Bytes held.</summary>
    public long Bytes => sizeof(int) * (_ids.Length + (_lists?.Length ?? 0));

    /// <summary>Copies the ids of a batch.</summary>
    /// <exception cref="ArgumentException">There are more lists than a batch can have.</exception>
    public void Keep(ReadOnlySpan<int> ids, int count, ReadOnlySpan<int> lists, Workers workers)
    {
        if (_lists is not null && lists.Length > _lists.Length)
            throw new ArgumentException($"found {lists.Length} numbers of lists, expected at most {_lists.Length}", nameof(lists));
        fixed (int* given = ids)
            _copy.Run(workers, given, _ids.Pointer, count);
        if (_lists is not null)
            lists.CopyTo(_lists.Slice(0, lists.Length));
    }

    /// <summary>A place or a length that is wrong would lead anywhere in memory.</summary>
    /// <exception cref="ArgumentException">A list does not lie in <paramref name="lists"/>, or is too long.</exception>
    public static void RequireLists(Graph graph, ReadOnlySpan<int> ids, ReadOnlySpan<int> lists, int rows)
    {
        var columns = graph.Columns;
        for (var column = 0; column < columns.Count; column++)
        {
            if (columns[column].List is not { } list)
                continue;
            for (var row = 0; row < rows; row++)
            {
                var place = ids[(row * columns.Count) + column];
                if ((uint)place >= (uint)lists.Length || (uint)lists[place] > (uint)list.MaxLength
                    || lists.Length - place < list.RoomOf(lists[place]))
                    throw new ArgumentException(
                        $"row {row}, column {column}: found a list at {place}, expected at most {list.MaxLength} ids within {lists.Length} numbers",
                        nameof(lists));
            }
        }
    }

    public void Dispose()
    {
        _ids.Dispose();
        _lists?.Dispose();
    }
}
