using System.Numerics;
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
    private readonly NativeBuffer<T> _values;
    private readonly ParameterStore<T> _store;
    private readonly RowNumbers _numbers;
    private TouchedRows? _touched;
    private NativeBuffer<T>? _gradients;

    internal EmbeddingTable(Table table, ParameterStore<T> store, NativeBuffer<T>? values = null)
    {
        Table = table;
        _store = store;
        _values = values ?? new NativeBuffer<T>((long)table.Rows * table.Dimension);
        Sources = new RowGradients<T>(this, store.Graph.Columns);
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
        Sources.Clear();
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

    /// <summary>Where kernels leave gradients of rows.</summary>
    internal RowGradients<T> Sources { get; }

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

    /// <summary>Where each column's id 0 would lie among <see cref="Values"/>.</summary>
    internal nint[] Origins(int[] columns)
    {
        var rows = Values.Pointer;
        return [.. columns.Select(c => (nint)(rows - ((long)Shift(c) * Dimension)))];
    }

    /// <summary>Sums up the gradients that a reader's kernels have left, for the rows that the store has found.</summary>
    internal void Collect(TableReader reader, int* ids, int* lists, int rows)
    {
        if (_touched is not null)
            Sources.Sum(reader, _touched, ids, lists, rows);
    }

    private Span<T> Row(int column, int id) => _values.Slice((long)(id - Shift(column)) * Dimension, Dimension);

    private static void Put(ReadOnlySpan<float> numbers, Span<T> row)
    {
        for (var i = 0; i < row.Length; i++)
            row[i] = T.CreateTruncating(numbers[i]);
    }

    /// <summary>Makes room for the gradients of rows, now that other kernels leave some.</summary>
    internal void Plan()
    {
        _gradients?.Dispose();
        (_gradients, _touched) = (null, null);
        if (!Sources.IsEmpty)
            Plan(Sources.Columns, Sources.Capacity);
    }

    private void Plan(IReadOnlyList<int> columns, int capacity)
    {
        _touched = _store.TouchedBy(columns, _numbers, capacity);
        _gradients = new NativeBuffer<T>(_touched.Total * Dimension);
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
}
