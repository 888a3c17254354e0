using System.Diagnostics;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Threads;
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
    private readonly long[] _serial;
    private readonly WorkClock? _work;
    private long _shared; // when the part under way began

    /// <summary>Makes a clock for the programs of a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="work">That of the program's workers, for what one thread does alone; or null.</param>
    public KernelClock(Graph graph, WorkClock? work = null)
    {
        (_forward, _backward) = (new long[graph.Values.Count], new long[graph.Values.Count]);
        (_serial, _work) = (new long[graph.Values.Count], work);
    }

    /// <summary>Ticks that computing each value took, by <see cref="Value.Index"/>.</summary>
    public ReadOnlySpan<long> Forward => _forward;

    /// <summary>Ticks that the gradients of each value's inputs and parameters took, by <see cref="Value.Index"/>.</summary>
    public ReadOnlySpan<long> Backward => _backward;

    /// <summary>
    /// Of these, both passes, what no job of several pieces shared out, by <see cref="Value.Index"/>; 0 without a <see cref="WorkClock"/>.
    /// </summary>
    public ReadOnlySpan<long> Serial => _serial;

    /// <summary>Of <see cref="RowGradients"/> the same.</summary>
    public long SerialRowGradients { get; private set; }

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
        Array.Clear(_serial);
        Multiplies.Clear();
        RowGradients = SerialRowGradients = ForwardPass = BackwardPass = 0;
    }

    internal static long Start(KernelClock? clock)
    {
        if (clock is null)
            return 0;
        clock._shared = clock._work?.Shared ?? 0;
        return Stopwatch.GetTimestamp();
    }

    internal void AddForward(int value, long start) => _forward[value] += Since(start, ref _serial[value]);

    internal void AddBackward(int value, long start) => _backward[value] += Since(start, ref _serial[value]);

    internal void AddRowGradients(long start)
    {
        var serial = SerialRowGradients;
        RowGradients += Since(start, ref serial);
        SerialRowGradients = serial;
    }

    internal void AddForwardPass(long start) => ForwardPass += Stopwatch.GetTimestamp() - start;

    internal void AddBackwardPass(long start) => BackwardPass += Stopwatch.GetTimestamp() - start;

    private long Since(long start, ref long serial)
    {
        var ticks = Stopwatch.GetTimestamp() - start;
        if (_work is not null)
            serial += ticks - (_work.Shared - _shared);
        return ticks;
    }
}
