using System.Diagnostics;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>One multiply that was timed.</summary>
/// <param name="M">Rows of the result.</param>
/// <param name="N">Columns of the result.</param>
/// <param name="K">Terms of each sum.</param>
/// <param name="TransA">Whether the first operand is transposed, as in a weight gradient.</param>
/// <param name="TransB">Whether the second operand is transposed, as in a forward pass.</param>
/// <param name="Ticks">Of <see cref="Stopwatch"/>.</param>
public readonly record struct TimedMultiply(int M, int N, int K, bool TransA, bool TransB, long Ticks)
{
    /// <summary>Floating-point operations: 2 M N K.</summary>
    public double Operations => 2.0 * M * N * K;
}

/// <summary>How long each multiply took, in the order of the calls, for benchmarks; measuring allocates nothing.</summary>
public sealed class GemmClock
{
    private readonly TimedMultiply[] _calls;
    private int _count;

    /// <summary>Makes a clock.</summary>
    /// <param name="capacity">Calls that are kept; later ones are not.</param>
    public GemmClock(int capacity) => _calls = new TimedMultiply[capacity];

    /// <summary>The calls since <see cref="Clear"/>.</summary>
    public ReadOnlySpan<TimedMultiply> Calls => _calls.AsSpan(0, _count);

    /// <summary>Forgets all calls.</summary>
    public void Clear() => _count = 0;

    internal void Add(in GemmCall<float> call, long start)
    {
        if (_count < _calls.Length)
            _calls[_count++] = new TimedMultiply(call.M, call.N, call.K, call.TransA, call.TransB, Stopwatch.GetTimestamp() - start);
    }
}
