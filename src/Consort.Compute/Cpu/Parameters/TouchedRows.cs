using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Parameters;

/// <summary>
/// The distinct rows that some columns of a batch touch, found once for all tables that these columns read. Columns whose ranges of ids
/// overlap (a shared vocabulary) make one group, so that two threads never meet in a row.
/// </summary>
internal sealed unsafe class TouchedRows : IDisposable
{
    private const int Ahead = 16; // batch rows between a prefetch and its use
    private readonly IReadOnlyList<IdRange> _columns;
    private readonly RowNumbers _numbers;
    private readonly Group[] _groups;
    private readonly NativeBuffer<int> _slots; // [V]: place of a row among its group's touched ones, or −1
    private readonly NativeBuffer<int> _rows; // the touched rows, group after group
    private readonly NativeBuffer<int> _places; // [F, B]: place of each id
    private readonly NativeBuffer<int> _listPlaces; // of each id of a list, where that stands among the batch's lists
    private readonly int _capacity;
    private readonly FindJob _job;

    /// <summary>Plans for the columns that <paramref name="read"/> holds, in batches of at most so many rows.</summary>
    /// <param name="columns">The ranges of all columns.</param>
    /// <param name="read">Those that are looked at.</param>
    /// <param name="numbers">Where their ids lie in the tables.</param>
    /// <param name="capacity">The most rows of a batch.</param>
    /// <param name="ranks">Whose batches come together, 1 where there is one.</param>
    public TouchedRows(IReadOnlyList<IdRange> columns, IReadOnlyList<int> read, RowNumbers numbers, int capacity, int ranks = 1)
    {
        (_columns, _numbers, _capacity, Columns) = (columns, numbers, capacity, read);
        var groups = new List<Group>();
        foreach (var column in read.OrderBy(c => columns[c].Offset).ThenBy(c => c))
        {
            var first = columns[column].Offset - numbers.Shift(column);
            var end = first + columns[column].Size;
            if (groups.Count == 0 || first >= groups[^1].EndRow)
                groups.Add(new Group { FirstRow = first, EndRow = end });
            groups[^1].EndRow = Math.Max(groups[^1].EndRow, end);
            groups[^1].Columns.Add(column);
        }

        long start = 0;
        foreach (var group in groups)
        {
            group.Start = start;
            var most = capacity * group.Columns.Sum(c => (long)columns[c].Length);
            group.Capacity = (int)Math.Min(most * ranks, group.EndRow - group.FirstRow);
            Own += Math.Min(most, group.EndRow - group.FirstRow);
            start += group.Capacity;
        }

        _groups = [.. groups];
        Total = start;
        _slots = new NativeBuffer<int>(groups.Count == 0 ? 0 : groups[^1].EndRow);
        new Span<int>(_slots.Pointer, (int)_slots.Length).Fill(-1);
        _rows = new NativeBuffer<int>(start);
        _places = new NativeBuffer<int>((long)columns.Count * capacity);
        _listPlaces = new NativeBuffer<int>(capacity * read.Sum(c => (long)(columns[c].List?.Room ?? 0)) == 0
            ? 0 : capacity * columns.Sum(c => (long)(c.List?.Room ?? 0)));
        _job = new FindJob(this);
    }

    /// <summary>The columns it looks at.</summary>
    public IReadOnlyList<int> Columns { get; }

    /// <summary>The most distinct rows of all groups.</summary>
    public long Total { get; }

    /// <summary>The most distinct rows of all groups in the batch of one rank.</summary>
    public long Own { get; }

    public int Groups => _groups.Length;

    public int* Slots => _slots.Pointer;

    public long Bytes => sizeof(int) * (_slots.Length + _rows.Length + _places.Length + _listPlaces.Length);

    /// <summary>Whether it serves these columns, numbered so, and batches of so many rows.</summary>
    public bool Fits(IReadOnlyList<int> columns, RowNumbers numbers, int capacity) =>
        capacity <= _capacity && columns.SequenceEqual(Columns) && columns.All(c => numbers.Shift(c) == _numbers.Shift(c));

    public List<int> GroupColumns(int group) => _groups[group].Columns;

    public int Count(int group) => _groups[group].Count;

    public int Capacity(int group) => _groups[group].Capacity;

    public long Start(int group) => _groups[group].Start;

    public int* Rows(int group) => _rows.Pointer + _groups[group].Start;

    public (int First, int End) RowRange(int group) => (_groups[group].FirstRow, _groups[group].EndRow);

    /// <summary>The places of a column's ids, row after row of the batch.</summary>
    public int* Places(int column) => _places.Pointer + ((long)column * _capacity);

    /// <summary>The places of the ids of lists, each where the id stands.</summary>
    public int* ListPlaces => _listPlaces.Pointer;

    /// <summary>Finds the rows that a batch touches; those of the batch before are forgotten.</summary>
    public void Find(int* ids, int* lists, int rows, Workers workers)
    {
        _job.Ids = ids;
        _job.Lists = lists;
        _job.Rows = rows;
        workers.Run(_job, _groups.Length);
    }

    /// <summary>Forgets which rows were touched.</summary>
    public void Clear()
    {
        for (var group = 0; group < _groups.Length; group++)
        {
            for (var i = 0; i < _groups[group].Count; i++)
                _slots.Pointer[Rows(group)[i]] = -1;
            _groups[group].Count = 0;
        }
    }

    /// <summary>Takes a row among the touched ones that is not among them yet; gives its group and its place there.</summary>
    public (int Group, int Place) Add(int row)
    {
        var (group, end) = (0, _groups.Length);
        while (end - group > 1)
        {
            var middle = (group + end) / 2;
            if (_groups[middle].FirstRow <= row)
                group = middle;
            else
                end = middle;
        }

        var place = _groups[group].Count++;
        Rows(group)[place] = row;
        _slots.Pointer[row] = place;
        return (group, place);
    }

    public void Dispose()
    {
        _slots.Dispose();
        _rows.Dispose();
        _places.Dispose();
        _listPlaces.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Find(int group, int* ids, int* lists, int rows)
    {
        var current = _groups[group];
        var touched = Rows(group);
        for (var i = 0; i < current.Count; i++)
            _slots.Pointer[touched[i]] = -1;
        // Columns of a group lie in the same rows, and so are shifted alike.
        var shift = _numbers.Shift(current.Columns[0]);
        var slots = _slots.Pointer - shift;
        var stride = _columns.Count;
        var count = 0;
        for (var i = 0; i < current.Columns.Count; i++)
        {
            var column = current.Columns[i];
            var id = ids + column;
            if (_columns[column].List is not null)
            {
                count = FindLists(id, lists, rows, touched, count, shift);
                continue;
            }

            var places = Places(column);
            for (var row = 0; row < rows; row++, id += stride)
            {
                // Of large columns the slots are anywhere in memory.
                if (row + Ahead < rows)
                    Prefetch.Row(slots + id[Ahead * stride], 1);
                var slot = slots[*id];
                if (slot < 0)
                {
                    slot = count++;
                    slots[*id] = slot;
                    touched[slot] = *id - shift;
                }

                places[row] = slot;
            }
        }

        current.Count = count;
    }

    private int FindLists(int* starts, int* lists, int rows, int* touched, int count, int shift)
    {
        var slots = _slots.Pointer - shift;
        var stride = _columns.Count;
        for (var row = 0; row < rows; row++, starts += stride)
        {
            var list = lists + *starts;
            var places = ListPlaces + *starts;
            for (var i = 1; i <= *list; i++)
            {
                ref var slot = ref slots[list[i]];
                if (slot < 0)
                {
                    slot = count++;
                    touched[slot] = list[i] - shift;
                }

                places[i] = slot;
            }
        }

        return count;
    }

    private sealed class Group
    {
        public List<int> Columns { get; } = [];

        public int FirstRow { get; init; }

        public int EndRow { get; set; }

        public long Start { get; set; }

        public int Capacity { get; set; }

        public int Count { get; set; }
    }

    private sealed class FindJob(TouchedRows touched) : IParallelJob
    {
        public int* Ids { get; set; }

        public int* Lists { get; set; }

        public int Rows { get; set; }

        public void Run(int index, int worker) => touched.Find(index, Ids, Lists, Rows);
    }
}
