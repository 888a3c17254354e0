using System.Numerics;
using Consort.Compute.Cpu.Kernels;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>Rows as they would be if they were up to date, brought there in copies: the rows themselves stay behind.</summary>
/// <typeparam name="T">The element.</typeparam>
/// <typeparam name="TUpdate">The arithmetic.</typeparam>
/// <param name="history">The steps that rows may have missed.</param>
/// <param name="formula">What makes up for them.</param>
/// <param name="widest">The most numbers of a row.</param>
internal sealed unsafe class CurrentRows<T, TUpdate>(StepHistory<T, TUpdate> history, GapFormula<T, TUpdate> formula, int widest)
    : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TUpdate : struct, IElementUpdate<T>
{
    private const int ChunkRows = 64;
    private readonly NativeBuffer<int> _rows = new(ChunkRows);
    private readonly NativeBuffer<int> _stamps = new(ChunkRows);
    private readonly NativeBuffer<T> _values = new(ChunkRows * widest);
    private readonly NativeBuffer<T> _first = new(ChunkRows * widest);
    private readonly NativeBuffer<T> _second = new(ChunkRows * widest);
    private readonly NativeBuffer<T> _average = new(ChunkRows * widest);

    /// <summary>Bytes held.</summary>
    public long Bytes => (4 * _values.Length * sizeof(T)) + (2 * ChunkRows * sizeof(int));

    /// <summary>Copies numbers of a table.</summary>
    /// <param name="region">The table.</param>
    /// <param name="dimension">Numbers of a row.</param>
    /// <param name="start">The first number.</param>
    /// <param name="target">Receives them.</param>
    public void Read(in Region<T> region, int dimension, long start, Span<T> target)
    {
        while (target.Length > 0)
        {
            var (row, skip) = (start / dimension, (int)(start % dimension));
            var rows = Math.Min(ChunkRows, (skip + target.Length + dimension - 1) / dimension);
            BringUpToDate(region, dimension, row, rows);
            var length = Math.Min(target.Length, (rows * dimension) - skip);
            _values.Slice(skip, length).CopyTo(target);
            start += length;
            target = target[length..];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rows.Dispose();
        _stamps.Dispose();
        _values.Dispose();
        _first.Dispose();
        _second.Dispose();
        _average.Dispose();
    }

    private void BringUpToDate(in Region<T> region, int dimension, long row, int rows)
    {
        for (var i = 0; i < rows; i++)
            (_rows.Pointer[i], _stamps.Pointer[i]) = (i, region.Stamps[row + i]);
        var copy = region with
        {
            Values = Copy(region.Values, _values.Pointer),
            First = Copy(region.First, _first.Pointer),
            Second = Copy(region.Second, _second.Pointer),
            Average = Copy(region.Average, _average.Pointer),
            Stamps = _stamps.Pointer,
        };
        formula.CatchUp(history, copy, dimension, _rows.Pointer, rows);

        T* Copy(T* numbers, T* target)
        {
            if (numbers != null)
                VectorMath.Copy(target, numbers + (row * dimension), rows * dimension);
            return target;
        }
    }
}
