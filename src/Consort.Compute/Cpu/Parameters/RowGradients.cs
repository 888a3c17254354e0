using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Parameters;

/// <summary>
/// Where kernels leave gradients of an embedding table's rows: one an impression and column, which are summed up to one a row.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
/// <param name="table">The table.</param>
/// <param name="graphColumns">All columns of ids.</param>
internal sealed unsafe class RowGradients<T>(EmbeddingTable<T> table, IReadOnlyList<IdRange> graphColumns) : IParallelJob
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Ahead = 16; // batch rows between a prefetch and its use
    private readonly int _dimension = table.Dimension;
    private readonly List<Source> _sources = [];
    private TableReader? _reader;
    private TouchedRows? _touched;
    private int* _ids, _lists; // of the batch under way
    private int _rows;

    /// <summary>Whether no kernel leaves any.</summary>
    public bool IsEmpty => _sources.Count == 0;

    /// <summary>The columns that some kernel reads.</summary>
    public IReadOnlyList<int> Columns => [.. Enumerable.Range(0, graphColumns.Count).Where(c => _sources.Any(s => s.Reads(c)))];

    /// <summary>The most rows of a batch.</summary>
    public int Capacity => _sources.Max(s => s.Reader.Capacity);

    /// <summary>
    /// Says where a kernel leaves gradients: those of (row b, column c) at <c>gradient + b·rowStride + c·columnStride</c>.
    /// </summary>
    public void Add(TableReader reader, T* gradient, long rowStride, long columnStride, int firstColumn, int columns) =>
        Add(new Source(reader, (nint)gradient, rowStride, columnStride, firstColumn, columns));

    /// <summary>Says where a kernel leaves gradients of some columns: [B, columns, D], in their order.</summary>
    public void Add(TableReader reader, T* gradient, ReadOnlySpan<int> columns)
    {
        // Neighbouring columns are one source.
        for (int start = 0, end; start < columns.Length; start = end)
        {
            for (end = start + 1; end < columns.Length && columns[end] == columns[end - 1] + 1; end++) { }
            Add(reader, gradient + ((long)start * _dimension), (long)columns.Length * _dimension, _dimension, columns[start], end - start);
        }
    }

    /// <summary>
    /// Says where a kernel leaves gradients of the ids of a list one by one: that of the i-th id of row b at <c>gradient + (starts[b] +
    /// i)·stride</c>, but for the last <paramref name="behind"/> rows of an impression.
    /// </summary>
    public void Add(TableReader reader, T* gradient, int stride, int column, int* starts, int behind) =>
        Add(new Source(reader, (nint)gradient, stride, 0, column, 1) { Starts = (nint)starts, Behind = behind });

    /// <summary>Forgets the kernels of a reader, whose memory is about to go.</summary>
    public void Remove(TableReader reader)
    {
        if (_sources.RemoveAll(s => ReferenceEquals(s.Reader, reader)) > 0)
            table.Plan();
    }

    /// <summary>Forgets all.</summary>
    public void Clear() => _sources.Clear();

    /// <summary>Sums up what a reader's kernels have left of a batch, for the rows that it touched.</summary>
    public void Sum(TableReader reader, TouchedRows touched, int* ids, int* lists, int rows)
    {
        (_reader, _touched, _rows) = (reader, touched, rows);
        _ids = ids;
        _lists = lists;
        reader.Workers.Run(this, touched.Groups);
    }

    private void Add(Source source)
    {
        _sources.Add(source);
        table.Plan();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void IParallelJob.Run(int index, int worker)
    {
        var sums = table.TouchedGradientsAt(index);
        new NativeSpan<T>(ref *sums, (long)_touched!.Count(index) * _dimension).Clear();
        var columns = _touched.GroupColumns(index);
        for (var i = 0; i < columns.Count; i++)
        {
            var places = _touched.Places(columns[i]);
            for (var j = 0; j < _sources.Count; j++)
            {
                var source = _sources[j];
                if (!ReferenceEquals(source.Reader, _reader) || !source.Reads(columns[i]))
                    continue;
                var gradient = (T*)source.Gradient + ((columns[i] - source.FirstColumn) * source.ColumnStride);
                if (source.Starts != 0)
                    AddPositions(sums, gradient, source.RowStride, (int*)source.Starts, source.Behind, columns[i]);
                else if (graphColumns[columns[i]].List is { } list)
                    AddLists(sums, gradient, source.RowStride, columns[i], list);
                else if (_dimension == 1)
                    AddNumbers(sums, places, gradient, source.RowStride, _rows);
                else
                    AddRows(sums, places, gradient, source.RowStride, _rows, _dimension);
            }
        }
    }

    private void AddPositions(T* sums, T* gradient, long positionStride, int* starts, int behind, int column)
    {
        var (stride, rows) = (graphColumns.Count, _rows);
        int* ids = _ids + column, lists = _lists;
        for (var row = 0; row < rows; row++, ids += stride)
        {
            var places = _touched!.ListPlaces + *ids + 1;
            var count = Math.Min(lists[*ids], starts[row + 1] - starts[row] - behind);
            for (var i = 0; i < count; i++)
                VectorMath.Add(sums + ((long)places[i] * _dimension), gradient + ((starts[row] + i) * positionStride), _dimension);
        }
    }

    private void AddLists(T* sums, T* gradient, long rowStride, int column, IdList list)
    {
        var (stride, rows) = (graphColumns.Count, _rows);
        var values = table.RowAt(-table.Shift(column));
        int* ids = _ids + column, lists = _lists;
        for (var row = 0; row < rows; row++, gradient += rowStride, ids += stride)
            ListPool.Backward(sums, _touched!.ListPlaces + *ids + 1, gradient, values, lists + *ids, list, _dimension);
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
}
