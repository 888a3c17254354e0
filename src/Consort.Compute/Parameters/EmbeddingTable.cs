using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Execution;
using Consort.Compute.Graphs;
using Consort.Compute.Kernels;
using Consort.Compute.Parallel;
using Consort.Compute.Random;

namespace Consort.Compute.Parameters;

/// <summary>
/// The rows of an embedding table [V, D] and, after a backward pass, the gradient of the rows that the batch touched:
/// each row once, however often its id stood in the batch, in the order of first appearance.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
public sealed unsafe class EmbeddingTable<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly List<Source> _sources = [];
    private readonly List<Group> _groups = [];
    private readonly NativeBuffer<T> _values;
    private readonly NativeBuffer<int> _slots; // [V]: place of a row among the touched ones, −1 outside a step
    private readonly IReadOnlyList<IdRange> _columns;
    private readonly CollectJob _collect;
    private NativeBuffer<int>? _touched;
    private NativeBuffer<T>? _gradients;

    internal EmbeddingTable(Table table, IReadOnlyList<IdRange> columns)
    {
        Table = table;
        _columns = columns;
        _values = new NativeBuffer<T>((long)table.Rows * table.Dimension);
        _slots = new NativeBuffer<int>(table.Rows);
        _slots.Span.Fill(-1);
        _collect = new CollectJob(this);
    }

    /// <summary>The table.</summary>
    public Table Table { get; }

    /// <summary>D.</summary>
    public int Dimension => Table.Dimension;

    /// <summary>All rows, [V, D].</summary>
    public NativeBuffer<T> Values => _values;

    /// <summary>Groups of columns that own disjoint ranges of rows, each worked on by one thread at a time.</summary>
    public int Groups => _groups.Count;

    /// <summary>Bytes held for values, slots and gradients.</summary>
    public long Bytes =>
        (_values.Length * sizeof(T)) + (_slots.Length * sizeof(int))
        + ((_touched?.Length ?? 0) * sizeof(int)) + ((_gradients?.Length ?? 0) * sizeof(T));

    /// <summary>How many distinct rows of a group the batch touched.</summary>
    public int TouchedCount(int group) => _groups[group].Count;

    /// <summary>The most distinct rows of a group that a batch can touch.</summary>
    internal int TouchedCapacity(int group) => _groups[group].Capacity;

    /// <summary>The distinct rows of a group that the batch touched.</summary>
    public int* TouchedRows(int group) => _touched!.Pointer + _groups[group].Start;

    /// <summary>Their gradients, [count, D], in the order of <see cref="TouchedRows"/>.</summary>
    public T* TouchedGradients(int group) => _gradients!.Pointer + (_groups[group].Start * Dimension);

    /// <summary>The range of rows that a group's columns draw from: [first, end).</summary>
    public (int First, int End) RowRange(int group) => (_groups[group].FirstRow, _groups[group].EndRow);

    /// <summary>
    /// The place of a row among its group's touched rows, or −1. Valid until <see cref="Release"/> of its group.
    /// </summary>
    public int* Slots => _slots.Pointer;

    /// <summary>Forgets which rows of a group were touched; every optimizer does so when done with the group.</summary>
    public void Release(int group)
    {
        var rows = TouchedRows(group);
        for (int i = 0, n = TouchedCount(group); i < n; i++)
            _slots.Pointer[rows[i]] = -1;
        _groups[group].Count = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _groups.Clear();
        _sources.Clear();
        _values.Dispose();
        _slots.Dispose();
        _touched?.Dispose();
        _gradients?.Dispose();
    }

    internal void Initialize(ulong seed)
    {
        var random = new CounterRandom(seed, Table.Name);
        for (long i = 0; i < _values.Length; i++)
            _values.Pointer[i] = T.CreateTruncating(Table.Initializer.Draw(random, i));
        // A missing value says nothing until it has been learned.
        foreach (var column in _columns)
            _values.Slice((long)column.Offset * Dimension, Dimension).Clear();
    }

    /// <summary>
    /// Says where a kernel leaves gradients: those of (row b, column c) at <c>gradient + b·rowStride + c·columnStride</c>.
    /// </summary>
    internal void AddSource(Program<T> program, T* gradient, long rowStride, long columnStride, int firstColumn, int columns)
    {
        _sources.Add(new Source(program, (nint)gradient, rowStride, columnStride, firstColumn, columns));
        PlanGroups();
    }

    /// <summary>Forgets the kernels of a program, whose memory is about to go.</summary>
    internal void RemoveSources(Program<T> program)
    {
        if (_sources.RemoveAll(s => ReferenceEquals(s.Program, program)) > 0)
            PlanGroups();
    }

    internal void Collect(Program<T> program, int* ids, int rows, Workers workers)
    {
        for (var group = 0; group < _groups.Count; group++)
            Release(group);
        _collect.Program = program;
        _collect.Ids = ids;
        _collect.Rows = rows;
        workers.Run(_collect, _groups.Count);
    }

    // Columns whose ranges overlap (a shared vocabulary) go into one group, so that two threads never meet in a row.
    private void PlanGroups()
    {
        for (var group = 0; group < _groups.Count; group++)
            Release(group);
        _groups.Clear();
        var used = Enumerable.Range(0, _columns.Count)
            .Where(c => _sources.Any(s => s.Reads(c)))
            .OrderBy(c => _columns[c].Offset).ThenBy(c => c);
        Group? last = null;
        foreach (var column in used)
        {
            var range = _columns[column];
            if (last is null || range.Offset >= last.EndRow)
                _groups.Add(last = new Group { FirstRow = range.Offset, EndRow = range.Offset + range.Size });
            last.EndRow = Math.Max(last.EndRow, range.Offset + range.Size);
            last.Columns.Add(column);
        }

        long start = 0;
        foreach (var group in _groups)
        {
            group.Start = start;
            // Programs on one store take turns; each collects its own batch.
            var entries = _sources.GroupBy(s => s.Program)
                .Max(p => (long)p.Key.Capacity * group.Columns.Sum(c => p.Count(s => s.Reads(c))));
            group.Capacity = (int)Math.Min(entries, group.EndRow - group.FirstRow);
            start += group.Capacity;
        }

        _touched?.Dispose();
        _gradients?.Dispose();
        _touched = new NativeBuffer<int>(start);
        _gradients = new NativeBuffer<T>(start * Dimension);
    }

    private void CollectGroup(Program<T> program, Group group, int* ids, int rows)
    {
        var columns = _columns.Count;
        var dimension = Dimension;
        var slots = _slots.Pointer;
        var touched = _touched!.Pointer + group.Start;
        var gradients = _gradients!.Pointer + (group.Start * dimension);
        var count = 0;
        foreach (var column in group.Columns)
        {
            foreach (var source in _sources)
            {
                if (!ReferenceEquals(source.Program, program) || !source.Reads(column))
                    continue;
                var gradient = (T*)source.Gradient + ((column - source.FirstColumn) * source.ColumnStride);
                var id = ids + column;
                for (var row = 0; row < rows; row++, gradient += source.RowStride, id += columns)
                {
                    var slot = slots[*id];
                    if (slot >= 0)
                    {
                        VectorMath.Add(gradients + ((long)slot * dimension), gradient, dimension);
                        continue;
                    }

                    slots[*id] = count;
                    touched[count] = *id;
                    VectorMath.Copy(gradients + ((long)count * dimension), gradient, dimension);
                    count++;
                }
            }
        }

        group.Count = count;
    }

    private readonly record struct Source(Program<T> Program, nint Gradient, long RowStride, long ColumnStride, int FirstColumn, int Columns)
    {
        public bool Reads(int column) => column >= FirstColumn && column < FirstColumn + Columns;
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

    private sealed class CollectJob(EmbeddingTable<T> table) : IParallelJob
    {
        public Program<T>? Program { get; set; }

        public int* Ids { get; set; }

        public int Rows { get; set; }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int index, int worker) => table.CollectGroup(Program!, table._groups[index], Ids, Rows);
    }
}
