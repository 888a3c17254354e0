namespace Consort.Compute.Cpu.Kernels;

/// <summary>Where a kernel puts the gradient of one of its inputs.</summary>
/// <typeparam name="T">The element.</typeparam>
public readonly unsafe struct GradientTarget<T>
    where T : unmanaged
{
    internal GradientTarget(T* data, bool accumulate, T* mask)
    {
        Data = data;
        Accumulate = accumulate;
        Mask = mask;
    }

    /// <summary>[B, …] of the input's shape, or null where nobody wants the gradient.</summary>
    public T* Data { get; }

    /// <summary>Whether to add to what is there; otherwise the memory holds rubbish and must be overwritten.</summary>
    public bool Accumulate { get; }

    /// <summary>
    /// Where not null, what a ReLU gave, [B, …]: the kernel sets the gradient to zero where this is not positive. Only operations that say
    /// so get one.
    /// </summary>
    internal T* Mask { get; }

    /// <summary>Whether the gradient is wanted at all.</summary>
    public bool IsWanted => Data != null;

    /// <summary>The same place once a kernel has written a part of the gradient to it.</summary>
    internal GradientTarget<T> Adding() => new(Data, true, Mask);
}
