using System.Diagnostics;

namespace Consort.Benchmarks;

/// <summary>Rounds of calls, each call timed; the quietest round says what the machine can do, all of them what it did.</summary>
internal sealed class Latency(string name, Action<int> call, int calls)
{
    private const int WarmUps = 3;
    private readonly double[] _microseconds = new double[calls];
    private readonly List<double> _medians = [];
    private int _next;

    public string Name => name;

    public double P50 { get; private set; } = double.MaxValue;

    public double P99 { get; private set; }

    public double Typical => Machine.Median(_medians.ToArray());

    public void Measure()
    {
        StopSignals.Check();
        for (var warm = _medians.Count == 0 ? WarmUps : 0; warm >= 0; warm--)
        {
            for (var i = 0; i < calls; i++)
            {
                var start = Stopwatch.GetTimestamp();
                call(_next++);
                _microseconds[i] = (Stopwatch.GetTimestamp() - start) * 1e6 / Stopwatch.Frequency;
            }
        }
        Array.Sort(_microseconds);
        var median = _microseconds[calls / 2];
        _medians.Add(median);
        if (median >= P50) return;
        (P50, P99) = (median, _microseconds[calls * 99 / 100]);
    }
}
