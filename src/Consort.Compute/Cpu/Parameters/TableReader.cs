using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.Parameters;

/// <summary>Who reads tables batch by batch and leaves gradients of their rows: a program, as far as a store knows it.</summary>
internal sealed class TableReader(int capacity, Workers workers, bool hasGradients)
{
    /// <summary>The most rows of a batch.</summary>
    public int Capacity => capacity;

    /// <summary>The threads it runs on.</summary>
    public Workers Workers => workers;

    /// <summary>Whether it goes backward.</summary>
    public bool HasGradients => hasGradients;
}
