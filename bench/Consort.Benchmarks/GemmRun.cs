using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Consort.Compute.Cpu.MatrixMultiply;

namespace Consort.Benchmarks;

/// <summary>A product to measure; with its epilogue as in training: bias and Relu, the Relu's mask, or row sums.</summary>
internal sealed record GemmShape(string Name, int M, int N, int K, bool TransA = false, bool TransB = false, bool Epilogue = false)
{
    public double Operations => 2.0 * M * N * K;

    public override string ToString() => $"{Name} {M} {N} {K}";
}

/// <summary>The operands of one shape and the times it took.</summary>
internal sealed unsafe class GemmRun : IDisposable
{
    private readonly GemmShape _shape;
    private readonly string _name;
    private readonly Gemm _gemm;
    private readonly FmaPeak _peak;
    private readonly GemmCall<float> _call;
    private readonly int _repeats;
    private readonly List<double> _seconds = [], _fractions = [], _processorFractions = [];
    private readonly List<nint> _blocks = [];

    public GemmRun(GemmShape shape, string name, Gemm gemm, FmaPeak peak)
    {
        (_shape, _name, _gemm, _peak) = (shape, name, gemm, peak);
        (var m, var n, var k) = (shape.M, shape.N, shape.K);
        var epilogue = shape.Epilogue;
        _call = new GemmCall<float>
        {
            M = m,
            N = n,
            K = k,
            A = New((long)m * k),
            Lda = shape.TransA ? m : k,
            TransA = shape.TransA,
            B = New((long)k * n),
            Ldb = shape.TransB ? k : n,
            TransB = shape.TransB,
            C = New((long)m * n),
            Ldc = n,
            Bias = epilogue && shape.TransB ? New(n) : null,
            Relu = epilogue && shape.TransB,
            Mask = epilogue && !shape.TransA && !shape.TransB ? New((long)m * n) : null,
            Ldmask = n,
            RowSums = epilogue && shape.TransA ? New(m) : null,
        };
        _repeats = (int)Math.Clamp(2e8 / shape.Operations, 1, 50);
    }

    public void Warm()
    {
        var trials = _call.TransA ? FasterWay.Trials : 0; // of the ways it may go
        for (var i = 0; i < 3 + trials + 30 * (_repeats / 10); i++) _gemm.Run(_call);
    }

    public double Best => _seconds.Min();

    public double BestPeak { get; private set; }

    /// <summary>Measures the peak, then times one call, or for small shapes the mean of several that follow each other.</summary>
    public void Measure()
    {
        var peak = _peak.Measure(out var peakPerProcessor);
        BestPeak = Math.Max(BestPeak, peak);
        var before = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < _repeats; i++) _gemm.Run(_call);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds / _repeats;
        _seconds.Add(seconds);
        _fractions.Add(_shape.Operations / seconds * 1e-9 / peak);
        var processor = (Environment.CpuUsage.TotalTime - before).TotalSeconds / _repeats;
        _processorFractions.Add(_shape.Operations / processor * 1e-9 / peakPerProcessor);
    }

    /// <summary>A row of the table, beside the first way to multiply this shape.</summary>
    public string Row(GemmRun first, double bestPeak, bool oneThread)
    {
        // The system adds up other threads' time only at its ticks, too coarse for one product.
        var processor = oneThread ? Median(_processorFractions).ToString("P0", CultureInfo.InvariantCulture) : "–";
        double median = Median(_seconds), best = _seconds.Min();
        var rate = _shape.Operations / best * 1e-9;
        return string.Create(CultureInfo.InvariantCulture,
            $"| {_shape.Name} | {_name} | {_shape.M} | {_shape.N} | {_shape.K} | {median * 1e6:F1} | {best * 1e6:F1} | {_shape.Operations / median * 1e-9:F0} | {rate:F0} | {Median(_fractions):P0} | {rate / bestPeak:P0} | {processor} | {Median(first._seconds) / median:F2} | {first.Best / best:F2} |");
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    public void Dispose()
    {
        foreach (var block in _blocks) NativeMemory.AlignedFree((void*)block);
    }

    private float* New(long count)
    {
        var data = (float*)NativeMemory.AlignedAlloc((nuint)count * 4, 64);
        _blocks.Add((nint)data);
        var random = new Random(_blocks.Count);
        for (long i = 0; i < count; i++) data[i] = random.NextSingle() - 0.5f;
        return data;
    }
}
