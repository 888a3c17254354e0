using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.Programs;

/// <summary>
/// A kernel whose rows do not depend on each other. Rows are handed out in chunks of a fixed size, and what chunks sum up for a parameter
/// is added in chunk order, so results do not depend on the number of threads.
/// </summary>
internal abstract class RowKernel(Workers workers) : ChunkedKernel(workers, ChunkRows)
{
    /// <summary>Rows handed out at a time: large enough to amortise the hand-out, small enough to balance.</summary>
    public const int ChunkRows = 128;

    protected sealed override int Rows => Step.Rows;

    /// <summary>The number of chunks that <paramref name="rows"/> rows make.</summary>
    public static int Chunks(int rows) => (rows + ChunkRows - 1) / ChunkRows;
}

/// <summary>Sums that each chunk of rows makes on its own, added up in chunk order; threads share the elements out.</summary>
/// <typeparam name="T">The element.</typeparam>
internal sealed unsafe class ChunkSums<T>(Binding<T> binding, int size) : IParallelJob
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Piece = 1024; // elements

    private T* _first, _second; // where the first elements go, and the others
    private int _split, _rows;

    private readonly T* _sums = binding.Workspace((long)RowKernel.Chunks(binding.Capacity) * size); // [chunks, size]

    /// <summary>The zeroed sums of the chunk that begins at a row.</summary>
    public T* Open(int startRow)
    {
        var sums = Peek(startRow);
        new Span<T>(sums, size).Clear();
        return sums;
    }

    /// <summary>The sums that the chunk which begins at a row has made.</summary>
    public T* Peek(int startRow) => _sums + ((long)(startRow / RowKernel.ChunkRows) * size);

    /// <summary>Adds the chunks of <paramref name="rows"/> rows to <paramref name="target"/>.</summary>
    public void AddTo(T* target, int rows) => AddTo(target, target, size, rows);

    /// <summary>Adds the first <paramref name="split"/> sums of each chunk to one target and the rest to another.</summary>
    public void AddTo(T* first, T* second, int split, int rows)
    {
        _first = first;
        _second = second;
        (_split, _rows) = (split, rows);
        binding.Workers.Run(this, (size + Piece - 1) / Piece);
    }

    void IParallelJob.Run(int index, int worker)
    {
        int from = index * Piece, end = Math.Min(size, from + Piece), middle = Math.Clamp(_split, from, end);
        for (var chunk = 0; chunk < RowKernel.Chunks(_rows); chunk++)
        {
            var sums = _sums + ((long)chunk * size);
            VectorMath.Add(_first + from, sums + from, middle - from);
            VectorMath.Add(_second + (middle - _split), sums + middle, end - middle);
        }
    }
}
