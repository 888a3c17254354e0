using System.Runtime.InteropServices;

namespace Consort.Data.Datasets;

/// <summary>The rows of one step, in native memory aligned to 64 bytes, allocated once for the greatest number of rows.</summary>
public sealed unsafe class Batch : IDisposable
{
    /// <summary>Allocates a batch; its content is zero.</summary>
    /// <param name="capacity">The most rows it holds, at least 1.</param>
    /// <param name="fields">Categorical columns, F.</param>
    /// <param name="numerics">Numeric columns, N.</param>
    /// <param name="truth">Whether the true click probability is kept.</param>
    public Batch(int capacity, int fields, int numerics, bool truth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(fields);
        ArgumentOutOfRangeException.ThrowIfNegative(numerics);
        Capacity = capacity;
        Fields = fields;
        Numerics = numerics;
        Ids = (int*)Allocate((long)capacity * fields);
        Numeric = (float*)Allocate((long)capacity * numerics);
        Labels = (float*)Allocate(capacity);
        Truth = truth ? (float*)Allocate(capacity) : null;
    }

    /// <summary>The most rows it holds.</summary>
    public int Capacity { get; }

    /// <summary>The rows it holds now, 0 to <see cref="Capacity"/>.</summary>
    public int Rows { get; set; }

    /// <summary>Categorical columns, F.</summary>
    public int Fields { get; }

    /// <summary>Numeric columns, N.</summary>
    public int Numerics { get; }

    /// <summary>Global ids, [B, F], row-major.</summary>
    public int* Ids { get; private set; }

    /// <summary>Transformed numeric values, [B, N], row-major.</summary>
    public float* Numeric { get; private set; }

    /// <summary>Labels, [B], 0 or 1.</summary>
    public float* Labels { get; private set; }

    /// <summary>The true click probability, [B], or null where it is not known.</summary>
    public float* Truth { get; private set; }

    /// <summary>Bytes held.</summary>
    public long Bytes => 4L * Capacity * (Fields + Numerics + (Truth is null ? 1 : 2));

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the native memory of a batch that nobody disposed of.</summary>
    ~Batch() => Free();

    private static void* Allocate(long cells)
    {
        nuint bytes = (nuint)Math.Max(64, checked(cells * 4 + 63) & ~63L);
        void* memory = NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.Clear(memory, bytes);
        return memory;
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Ids);
        NativeMemory.AlignedFree(Numeric);
        NativeMemory.AlignedFree(Labels);
        NativeMemory.AlignedFree(Truth);
        Ids = null;
        Numeric = Labels = Truth = null;
    }
}
