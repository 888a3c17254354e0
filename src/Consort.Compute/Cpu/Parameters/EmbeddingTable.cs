using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Foundation.Numbers;

namespace Consort.Compute.Cpu.Parameters;

/// <summary>
/// The rows of an embedding table [V, D] and, after a backward pass, the gradient of the rows that the batch touched: each row once,
/// however often its id stood in the batch, in the order of first appearance. They hold until the next backward pass.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
public sealed unsafe class EmbeddingTable<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Ahead = 16; // batch rows between a prefetch and its use
    private readonly List<Source> _sources = [];
    private readonly NativeBuffer<T> _values;
    private readonly ParameterStore<T> _store;
    private readonly CollectJob _collect;
    private readonly RowNumbers _numbers;
    private TouchedRows? _touched;
    private NativeBuffer<T>? _gradients;

    internal EmbeddingTable(Table table, ParameterStore<T> store, NativeBuffer<T>? values = null)
    {
        Table = table;
        _store = store;
        _values = values ?? new NativeBuffer<T>((long)table.Rows * table.Dimension);
        _collect = new CollectJob(this);
        _numbers = new RowNumbers(store.Graph.Columns, table.Columns);
    }

    /// <summary>The table.</summary>
    public Table Table { get; }

    /// <summary>D.</summary>
    public int Dimension => Table.Dimension;

    /// <summary>
    /// All rows, [V, D]. Whoever asks may read and write them: rows that an optimizer has deferred are brought up to date first. Ask anew
    /// after further steps.
    /// </summary>
    public NativeBuffer<T> Values
    {
        get
        {
            Deferred?.CatchUpAll();
            Version++;
            return _values;
        }
    }

    /// <summary>
    /// All rows as a checkpoint that goes on keeps them, along with <see cref="Optimizers.Optimizer{T}.Kept"/>: those that are behind stay
    /// so where their last bits depend on when they are brought up to date.
    /// </summary>
    public NativeBuffer<T> Standing
    {
        get
        {
            if (Deferred is not { IsDivisible: false })
                return Values;
            Version++;
            return _values;
        }
    }

    /// <summary>
    /// Groups of columns that own disjoint ranges of rows, in the order of these, each worked on by one thread at a time.
    /// </summary>
    public int Groups => _touched?.Groups ?? 0;

    /// <summary>Bytes held for values and gradients.</summary>
    public long Bytes => (sizeof(T) * _values.Length) + GradientBytes;

    /// <summary>Bytes held for the gradients of touched rows.</summary>
    public long GradientBytes => sizeof(T) * (_gradients?.Length ?? 0);

    /// <summary>
    /// The place of a row of any group's range among its group's touched rows, or −1. Tables that the same columns read share this memory.
    /// </summary>
    internal int* Slots => _touched is null ? null : _touched.Slots;

    /// <summary>How many distinct rows of a group the batch touched.</summary>
    public int TouchedCount(int group) => _touched!.Count(group);

    /// <summary>The distinct rows of a group that the batch touched.</summary>
    public ReadOnlySpan<int> TouchedRows(int group) => new(_touched!.Rows(group), TouchedCount(group));

    /// <summary>The same for those who update them.</summary>
    internal int* TouchedRowsAt(int group) => _touched!.Rows(group);

    /// <summary>Their gradients, [count, D], in the order of <see cref="TouchedRows"/>.</summary>
    public ReadOnlySpan<T> TouchedGradients(int group) =>
        _gradients!.Slice(_touched!.Start(group) * Dimension, checked(TouchedCount(group) * Dimension));

    /// <summary>The same for those who update the rows.</summary>
    internal T* TouchedGradientsAt(int group) => _gradients!.Pointer + (_touched!.Start(group) * Dimension);

    /// <summary>The range of rows that a group's columns draw from: [first, end).</summary>
    public (int First, int End) RowRange(int group) => _touched!.RowRange(group);

    /// <inheritdoc/>
    public void Dispose()
    {
        _sources.Clear();
        (_touched, Deferred) = (null, null);
        _values.Dispose();
        _gradients?.Dispose();
    }

    /// <summary>The most distinct rows of a group that a batch can touch.</summary>
    internal int TouchedCapacity(int group) => _touched!.Capacity(group);

    /// <summary>Copies numbers of rows that are up to date, and leaves rows as <see cref="Standing"/> does.</summary>
    /// <param name="start">The first number.</param>
    /// <param name="target">Receives them.</param>
    public void Read(long start, Span<T> target)
    {
        if (Deferred is { IsDivisible: false } deferred)
            deferred.Read(start, target);
        else
            Values.Slice(start, target.Length).CopyTo(target);
    }

    /// <summary>One row, whether or not it is up to date.</summary>
    internal T* RowAt(int row) => _values.Pointer + ((long)row * Dimension);

    /// <summary>The gradient of a row that was touched; null of any other.</summary>
    internal T* TouchedGradientOf(int row)
    {
        var group = _touched!.GroupOf(row);
        return group < 0 || Slots[row] < 0 ? null : TouchedGradientsAt(group) + ((long)Slots[row] * Dimension);
    }

    /// <summary>Takes a row among the touched ones, where it is one that may be.</summary>
    internal void Touch(int row)
    {
        if (_touched!.GroupOf(row) >= 0 && Slots[row] < 0)
            _touched.Add(row);
    }

    /// <summary>Forgets which rows were touched, in all tables that share them.</summary>
    internal void ForgetTouched() => _touched!.Clear();

    /// <summary>
    /// Makes room for gradients of the columns that another table has such for, where rows come from the batches of several ranks.
    /// </summary>
    internal void PlanAs(EmbeddingTable<T> other, int capacity)
    {
        if (other._touched is { } touched)
            Plan(touched.Columns, capacity);
    }

    /// <summary>Whether its touched rows are found there.</summary>
    internal bool Reads(TouchedRows touched) => ReferenceEquals(_touched, touched);

    /// <summary>Grows whenever someone but an optimizer may have written into the rows.</summary>
    internal long Version { get; private set; }

    /// <summary>What knows which rows are behind, or null.</summary>
    internal IDeferredRows<T>? Deferred { get; private set; }

    /// <summary>Rows of the table may be behind from now on, or no more.</summary>
    /// <exception cref="InvalidOperationException">Another optimizer defers them already.</exception>
    internal void Defer(IDeferredRows<T>? rows)
    {
        if (rows is not null && Deferred is not null)
            throw new InvalidOperationException($"table {Table.Name}: another optimizer defers its rows; dispose of it first");
        Deferred = rows;
    }

    internal void Initialize(ulong seed, Workers? workers)
    {
        Deferred?.CatchUpAll();
        Version++;
        var draw = new DrawJob(_values, Table.Initializer, new CounterRandom(seed, Table.Name));
        if (workers is null)
            for (var i = 0; i < draw.Pieces; i++)
                draw.Run(i, 0);
        else
            workers.Run(draw, draw.Pieces);
        // A missing value says nothing until it has been learned.
        foreach (var column in Table.Columns ?? [.. Enumerable.Range(0, _store.Graph.Columns.Count)])
            Row(column, _store.Graph.Columns[column].Offset).Clear();
        foreach (var known in Table.Known)
            known.Read((id, numbers) => Put(numbers, Row(known.Column, id)));
    }

    /// <summary>What a column's ids are greater than its rows.</summary>
    internal int Shift(int column) => _numbers.Shift(column);

    /// <summary>
    /// Says where a kernel leaves gradients: those of (row b, column c) at <c>gradient + b·rowStride + c·columnStride</c>.
    /// </summary>
    internal void AddSource(TableReader reader, T* gradient, long rowStride, long columnStride, int firstColumn, int columns)
    {
        _sources.Add(new Source(reader, (nint)gradient, rowStride, columnStride, firstColumn, columns));
        Plan();
    }

    /// <summary>Says where a kernel leaves gradients of some columns: [B, columns, D], in their order.</summary>
    internal void AddSource(TableReader reader, T* gradient, ReadOnlySpan<int> columns)
    {
        // Neighbouring columns are one source.
        for (int start = 0, end; start < columns.Length; start = end)
        {
            for (end = start + 1; end < columns.Length && columns[end] == columns[end - 1] + 1; end++) { }
            AddSource(
                reader, gradient + ((long)start * Dimension), (long)columns.Length * Dimension, Dimension, columns[start], end - start);
        }
    }

    /// <summary>
    /// Says where a kernel leaves gradients of the ids of a list one by one: that of the i-th id of row b at <c>gradient + (starts[b] +
    /// i)·stride</c>, but for the last <paramref name="behind"/> rows of an impression.
    /// </summary>
    internal void AddSource(TableReader reader, T* gradient, int stride, int column, int* starts, int behind)
    {
        _sources.Add(new Source(reader, (nint)gradient, stride, 0, column, 1) { Starts = (nint)starts, Behind = behind });
        Plan();
    }

    /// <summary>Forgets the kernels of a reader, whose memory is about to go.</summary>
    internal void RemoveSources(TableReader reader)
    {
        if (_sources.RemoveAll(s => ReferenceEquals(s.Reader, reader)) > 0)
            Plan();
    }

    /// <summary>Sums up the gradients that a reader's kernels have left, for the rows that the store has found.</summary>
    internal void Collect(TableReader reader, int* ids, int* lists, int rows)
    {
        if (_touched is null)
            return;
        (_collect.Reader, _collect.Rows) = (reader, rows);
        _collect.Ids = ids;
        _collect.Lists = lists;
        reader.Workers.Run(_collect, Groups);
    }

    private Span<T> Row(int column, int id) => _values.Slice((long)(id - Shift(column)) * Dimension, Dimension);

    private static void Put(ReadOnlySpan<float> numbers, Span<T> row)
    {
        for (var i = 0; i < row.Length; i++)
            row[i] = T.CreateTruncating(numbers[i]);
    }

    private void Plan()
    {
        _gradients?.Dispose();
        (_gradients, _touched) = (null, null);
        if (_sources.Count == 0)
            return;
        Plan(
            [.. Enumerable.Range(0, _store.Graph.Columns.Count).Where(c => _sources.Any(s => s.Reads(c)))],
            _sources.Max(s => s.Reader.Capacity));
    }

    private void Plan(IReadOnlyList<int> columns, int capacity)
    {
        _touched = _store.TouchedBy(columns, _numbers, capacity);
        _gradients = new NativeBuffer<T>(_touched.Total * Dimension);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void CollectGroup(TableReader reader, int group, int* ids, int* lists, int rows)
    {
        var sums = TouchedGradientsAt(group);
        new NativeSpan<T>(ref *sums, (long)TouchedCount(group) * Dimension).Clear();
        var columns = _touched!.GroupColumns(group);
        for (var i = 0; i < columns.Count; i++)
        {
            var places = _touched.Places(columns[i]);
            for (var j = 0; j < _sources.Count; j++)
            {
                var source = _sources[j];
                if (!ReferenceEquals(source.Reader, reader) || !source.Reads(columns[i]))
                    continue;
                var gradient = (T*)source.Gradient + ((columns[i] - source.FirstColumn) * source.ColumnStride);
                if (source.Starts != 0)
                    AddPositions(sums, gradient, source.RowStride, (int*)source.Starts, source.Behind, rows, columns[i], ids, lists);
                else if (_store.Graph.Columns[columns[i]].List is { } list)
                    AddLists(sums, gradient, source.RowStride, rows, columns[i], list, ids, lists);
                else if (Dimension == 1)
                    AddNumbers(sums, places, gradient, source.RowStride, rows);
                else
                    AddRows(sums, places, gradient, source.RowStride, rows, Dimension);
            }
        }
    }

    private void AddPositions(
        T* sums, T* gradient, long positionStride, int* starts, int behind, int rows, int column, int* ids, int* lists)
    {
        var stride = _store.Graph.Columns.Count;
        ids += column;
        for (var row = 0; row < rows; row++, ids += stride)
        {
            var places = _touched!.ListPlaces + *ids + 1;
            var count = Math.Min(lists[*ids], starts[row + 1] - starts[row] - behind);
            for (var i = 0; i < count; i++)
                VectorMath.Add(sums + ((long)places[i] * Dimension), gradient + ((starts[row] + i) * positionStride), Dimension);
        }
    }

    private void AddLists(T* sums, T* gradient, long rowStride, int rows, int column, IdList list, int* ids, int* lists)
    {
        var stride = _store.Graph.Columns.Count;
        var values = _values.Pointer - ((long)Shift(column) * Dimension);
        ids += column;
        for (var row = 0; row < rows; row++, gradient += rowStride, ids += stride)
            ListPool.Backward(sums, _touched!.ListPlaces + *ids + 1, gradient, values, lists + *ids, list, Dimension);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddNumbers(T* sums, int* places, T* gradient, long rowStride, int rows)
    {
        for (var row = 0; row < rows; row++, gradient += rowStride)
            sums[places[row]] += *gradient;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRows(T* sums, int* places, T* gradient, long rowStride, int rows, int dimension)
    {
        for (var row = 0; row < rows; row++, gradient += rowStride)
        {
            // Rows of a batch lie pages apart, where the processor does not look ahead by itself.
            Prefetch.Row(gradient + (Ahead * rowStride), dimension);
            VectorMath.Add(sums + ((long)places[row] * dimension), gradient, dimension);
        }
    }

    private readonly record struct Source(TableReader Reader, nint Gradient, long RowStride, long ColumnStride,
        int FirstColumn, int Columns)
    {
        /// <summary>Where the positions of each row begin, of a reader of ids one by one; 0 of others.</summary>
        public nint Starts { get; init; }

        /// <summary>Rows of an impression behind those.</summary>
        public int Behind { get; init; }

        public bool Reads(int column) => column >= FirstColumn && column < FirstColumn + Columns;
    }

    // Element i depends on i alone, so the threads make no difference.
    private sealed class DrawJob(NativeBuffer<T> values, Initializer initializer, CounterRandom random) : IParallelJob
    {
        private const int PieceLength = 1 << 15;

        public int Pieces => checked((int)((values.Length + PieceLength - 1) / PieceLength));

        public void Run(int index, int worker)
        {
            var end = Math.Min(values.Length, (index + 1L) * PieceLength);
            for (var i = (long)index * PieceLength; i < end; i++)
                values[i] = T.CreateTruncating(initializer.Draw(random, i));
        }
    }

    private sealed class CollectJob(EmbeddingTable<T> table) : IParallelJob
    {
        public TableReader? Reader { get; set; }

        public int* Ids { get; set; }

        public int* Lists { get; set; }

        public int Rows { get; set; }

        public void Run(int index, int worker) => table.CollectGroup(Reader!, index, Ids, Lists, Rows);
    }
}
