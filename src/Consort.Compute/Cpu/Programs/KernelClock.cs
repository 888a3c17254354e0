using System.Diagnostics;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Programs;

/// <summary>
/// Where the time of a <see cref="Program{T}"/> goes, operation by operation, for benchmarks. All times are ticks of
/// <see cref="Stopwatch"/>, added up since <see cref="Clear"/>; measuring allocates nothing.
/// </summary>
public sealed class KernelClock
{
    private const int MostMultiplies = 4096;

    private readonly long[] _forward;
    private readonly long[] _backward;

    /// <summary>Makes a clock for the programs of a graph.</summary>
    public KernelClock(Graph graph) => (_forward, _backward) = (new long[graph.Values.Count], new long[graph.Values.Count]);

    /// <summary>Ticks that computing each value took, by <see cref="Value.Index"/>.</summary>
    public ReadOnlySpan<long> Forward => _forward;

    /// <summary>Ticks that the gradients of each value's inputs and parameters took, by <see cref="Value.Index"/>.</summary>
    public ReadOnlySpan<long> Backward => _backward;

    /// <summary>
    /// Ticks that finding a batch's embedding rows (forward) and adding up their gradients (backward) took; no one operation's.
    /// </summary>
    public long RowGradients { get; private set; }

    /// <summary>Each matrix multiply of the operations, in order; up to 4096 since <see cref="Clear"/>.</summary>
    public GemmClock Multiplies { get; } = new(MostMultiplies);

    /// <summary>Ticks of whole forward passes: at least the sum of <see cref="Forward"/>.</summary>
    public long ForwardPass { get; private set; }

    /// <summary>
    /// Ticks of whole backward passes: at least the sum of <see cref="Backward"/>. Both passes together hold <see cref="RowGradients"/>.
    /// </summary>
    public long BackwardPass { get; private set; }

    /// <summary>Sets all times to 0.</summary>
    public void Clear()
    {
        Array.Clear(_forward);
        Array.Clear(_backward);
        Multiplies.Clear();
        RowGradients = ForwardPass = BackwardPass = 0;
    }

    internal static long Start(KernelClock? clock) => clock is null ? 0 : Stopwatch.GetTimestamp();

    internal void AddForward(int value, long start) => _forward[value] += Stopwatch.GetTimestamp() - start;

    internal void AddBackward(int value, long start) => _backward[value] += Stopwatch.GetTimestamp() - start;

    internal void AddRowGradients(long start) => RowGradients += Stopwatch.GetTimestamp() - start;

    internal void AddForwardPass(long start) => ForwardPass += Stopwatch.GetTimestamp() - start;

    internal void AddBackwardPass(long start) => BackwardPass += Stopwatch.GetTimestamp() - start;
}
