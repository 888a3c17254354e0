using System.Numerics;

namespace Consort.Compute.Cpu.Programs;

/// <summary>Memory that each chunk of rows of a <see cref="RowKernel"/> has for itself; what it holds stays from step to step.</summary>
/// <typeparam name="T">The element.</typeparam>
internal sealed unsafe class ChunkSpace<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T* _memory; // [chunks, length]
    private readonly long _length;

    /// <summary>Allocates the memory, zeroed.</summary>
    /// <param name="binding">Of the kernel.</param>
    /// <param name="length">Numbers that a chunk needs.</param>
    /// <param name="chunks">How many chunks there are, or null for those of the largest batch.</param>
    public ChunkSpace(Binding<T> binding, long length, int? chunks = null)
    {
        _length = (length + 15) / 16 * 16; // whole cache lines
        _memory = binding.ZeroedWorkspace((chunks ?? RowKernel.Chunks(binding.Capacity)) * _length);
    }

    /// <summary>The memory of the chunk that begins at a row.</summary>
    public T* Of(int startRow) => _memory + (startRow / RowKernel.ChunkRows * _length);
}
