using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>What a traversal does with each stretch of numbers and its gradient.</summary>
/// <typeparam name="T">The element.</typeparam>
internal unsafe interface IStretchPass<T>
    where T : unmanaged
{
    /// <summary>Says that a touched row will be wanted soon.</summary>
    void Prefetch(in Region<T> region, int row, int dimension);

    /// <summary>Says that a touched row is about to be worked on.</summary>
    void Open(in Region<T> region, int row, int dimension);

    /// <summary>Works on a stretch; what it gives back is summed up.</summary>
    double Apply(in Region<T> region, long offset, T* gradient, int length);

    /// <summary>Says that a touched row was worked on.</summary>
    void Done(in Region<T> region, int row);
}

/// <summary>
/// Goes over everything an optimizer trains, in pieces of a fixed size: the dense parameters as flat stretches; a table either whole, in
/// blocks of rows, or its touched rows alone. Each piece's sum is kept apart and the sums are added in order, so nothing depends on the
/// number of threads.
/// </summary>
internal sealed unsafe class Traversal<T, TPass> : IParallelJob, IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TPass : struct, IStretchPass<T>
{
    private readonly ParameterStore<T> _store;
    private readonly PassLayout<T> _layout;
    private readonly bool _wholeTables;
    private readonly NativeBuffer<T>?[] _scratch; // a block's gradient for each worker, zero between blocks
    private double[] _sums = [];
    private Part[] _parts = [];
    private int _partCount;
    private TPass _pass;

    public Traversal(ParameterStore<T> store, PassLayout<T> layout, bool wholeTables)
    {
        (_store, _layout, _wholeTables) = (store, layout, wholeTables);
        _scratch = new NativeBuffer<T>?[layout.Workers.Threads];
        if (!wholeTables || layout.Tables.Length == 0)
            return;
        var longest = layout.Tables.Max(t => PassLayout<T>.BlockRows(t.Dimension) * t.Dimension);
        for (var i = 0; i < _scratch.Length; i++)
            _scratch[i] = new NativeBuffer<T>(longest);
    }

    /// <summary>Bytes held.</summary>
    public long Bytes => _scratch.Sum(s => (s?.Length ?? 0) * sizeof(T)) + (_sums.Length * sizeof(double));

    /// <summary>What the dense parameters added to the last sum.</summary>
    public double Dense { get; private set; }

    /// <summary>Goes over everything and gives the sum of what the pass gave back.</summary>
    public double Run(in TPass pass)
    {
        _pass = pass;
        var count = Plan();
        _layout.Workers.Run(this, count);
        var sum = 0.0;
        for (var i = 0; i < count; i++)
        {
            sum += _sums[i];
            if (i + 1 == _layout.DenseBlocks.Length)
                Dense = sum;
        }

        return sum;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var scratch in _scratch)
            scratch?.Dispose();
    }

    void IParallelJob.Run(int index, int worker)
    {
        var dense = _layout.DenseBlocks;
        if (index < dense.Length)
        {
            var block = dense[index];
            _sums[index] = _pass.Apply(_layout.Regions[0], block.Offset, _store.DenseGradients.Pointer + block.Offset, block.Length);
            return;
        }

        var (low, high) = (0, _partCount - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_parts[middle].FirstPiece <= index)
                low = middle;
            else
                high = middle - 1;
        }

        var part = _parts[low];
        _sums[index] = part.Group < 0
            ? Block(part.Table, index - part.FirstPiece, _scratch[worker]!.Pointer)
            : Chunk(part.Table, part.Group, index - part.FirstPiece);
    }

    private static int Pieces(int count, int size) => (count + size - 1) / size;

    // Groups of a table may change when a program is compiled, and touched rows do with every batch. The arrays have
    // room for the most that can be, so that they are allocated once.
    private int Plan()
    {
        var (parts, most) = (0, _layout.DenseBlocks.Length);
        foreach (var table in _layout.Tables)
        {
            parts += _wholeTables ? 1 : table.Groups;
            if (_wholeTables)
                most += Pieces(table.Table.Rows, PassLayout<T>.BlockRows(table.Dimension));
            for (var group = 0; !_wholeTables && group < table.Groups; group++)
                most += Pieces(table.TouchedCapacity(group), PassLayout<T>.ChunkRows);
        }

        if (_parts.Length < parts)
            _parts = new Part[parts];
        if (_sums.Length < most)
            _sums = new double[most];
        _partCount = 0;
        var piece = _layout.DenseBlocks.Length;
        for (var i = 0; i < _layout.Tables.Length; i++)
        {
            var table = _layout.Tables[i];
            if (_wholeTables)
            {
                _parts[_partCount++] = new Part(piece, i, -1);
                piece += Pieces(table.Table.Rows, PassLayout<T>.BlockRows(table.Dimension));
                continue;
            }

            for (var group = 0; group < table.Groups; group++)
            {
                _parts[_partCount++] = new Part(piece, i, group);
                piece += Pieces(table.TouchedCount(group), PassLayout<T>.ChunkRows);
            }
        }

        return piece;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Chunk(int tableIndex, int group, int chunk)
    {
        var table = _layout.Tables[tableIndex];
        ref readonly var region = ref _layout.Regions[tableIndex + 1];
        var dimension = table.Dimension;
        var start = chunk * PassLayout<T>.ChunkRows;
        var end = Math.Min(start + PassLayout<T>.ChunkRows, table.TouchedCount(group));
        var rows = table.TouchedRowsAt(group);
        var gradient = table.TouchedGradientsAt(group) + ((long)start * dimension);
        var pass = _pass;
        var sum = 0.0;
        var ahead = dimension < 8 ? 32 : 8; // rows between a prefetch and its use, some 100 ns
        for (var i = start; i < end; i++, gradient += dimension)
        {
            if (i + ahead < end)
                pass.Prefetch(region, rows[i + ahead], dimension);
            pass.Open(region, rows[i], dimension);
            sum += pass.Apply(region, (long)rows[i] * dimension, gradient, dimension);
            pass.Done(region, rows[i]);
        }

        return sum;
    }

    // Touched rows of the block are written into a zeroed gradient, so that one flat pass serves the whole block.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Block(int tableIndex, int block, T* scratch)
    {
        var table = _layout.Tables[tableIndex];
        var dimension = table.Dimension;
        var blockRows = PassLayout<T>.BlockRows(dimension);
        var start = block * blockRows;
        var end = (int)Math.Min((long)start + blockRows, table.Table.Rows);
        var touched = 0;
        for (var group = FirstGroupAfter(table, start); group < table.Groups; group++)
        {
            var (first, last) = table.RowRange(group);
            if (first >= end)
                break;
            touched += Scatter(table, group, Math.Max(first, start), Math.Min(last, end), start, scratch);
        }

        var sum = _pass.Apply(_layout.Regions[tableIndex + 1], (long)start * dimension, scratch, (end - start) * dimension);
        if (touched > 0)
            new Span<T>(scratch, (end - start) * dimension).Clear();
        return sum;
    }

    // Groups are in the order of their rows; the first one that ends after a row.
    private static int FirstGroupAfter(EmbeddingTable<T> table, int row)
    {
        var (low, high) = (0, table.Groups);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (table.RowRange(middle).End > row)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Scatter(EmbeddingTable<T> table, int group, int start, int end, int origin, T* scratch)
    {
        var slots = table.Slots;
        var gradients = table.TouchedGradientsAt(group);
        var dimension = table.Dimension;
        var touched = 0;
        var row = start;
        for (; row <= end - Vector<int>.Count; row += Vector<int>.Count)
        {
            if (Vector.LessThanAll(Vector.Load(slots + row), Vector<int>.Zero))
                continue;
            for (var i = row; i < row + Vector<int>.Count; i++)
                touched += Put(slots[i], gradients, scratch + ((long)(i - origin) * dimension), dimension);
        }

        for (; row < end; row++)
            touched += Put(slots[row], gradients, scratch + ((long)(row - origin) * dimension), dimension);
        return touched;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Put(int slot, T* gradients, T* target, int dimension)
    {
        if (slot < 0)
            return 0;
        VectorMath.Copy(target, gradients + ((long)slot * dimension), dimension);
        return 1;
    }

    private readonly record struct Part(int FirstPiece, int Table, int Group);
}
