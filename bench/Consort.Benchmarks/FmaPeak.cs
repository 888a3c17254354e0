using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Consort.Compute.Bf16;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Threads;

namespace Consort.Benchmarks;

/// <summary>The most fused multiply-adds, or bf16 dot products, this machine does: independent chains that never leave registers.</summary>
internal sealed class FmaPeak : IParallelJob
{
    private const int Steps = 40_000;
    private const int Chains = 12;

    private readonly Workers _workers;
    private readonly int _bits;
    private readonly bool _bf16;
    private readonly float[] _sink;

    /// <summary>Vectors of floats, of 512 or 256 bits.</summary>
    public FmaPeak(Workers workers, int bits)
        : this(workers, bits, bf16: false)
    {
    }

    private FmaPeak(Workers workers, int bits, bool bf16)
    {
        (_workers, _bits, _bf16) = (workers, bits, bf16);
        _sink = new float[workers.Threads * 64];
    }

    /// <summary>The widest vectors of a precision that this machine has.</summary>
    public static FmaPeak Of(Workers workers, Precision precision) =>
        new(workers, Gemm.IsAvailable(GemmKernel.Avx512) ? 512 : 256, precision == Precision.Bf16);

    /// <summary>Floating-point operations per nanosecond over a run of about a millisecond.</summary>
    public double Measure() => Measure(out _);

    /// <summary>As above, and per nanosecond of processor time, which leaves out the time neighbours had the cores.</summary>
    public double Measure(out double perProcessor)
    {
        var pieces = _workers.Threads * 8;
        var before = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        _workers.Run(this, pieces);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var operations = (double)pieces * Steps * (_bf16 ? ChainCode.OperationsPerStep : Chains * (_bits / 32) * 2);
        perProcessor = operations * 1e-9 / (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        return operations / seconds * 1e-9;
    }

    unsafe void IParallelJob.Run(int index, int worker)
    {
        if (_bf16) ((delegate* unmanaged<nint, void>)Bf16Code.Chains)(Steps);
        else _sink[worker * 64] = _bits == 512 ? Chain512(Steps) : Chain256(Steps);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Chain512(int steps)
    {
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(0.001f);
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (var s = 0; s < steps; s++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
            i = Vector512.FusedMultiplyAdd(i, x, y);
            j = Vector512.FusedMultiplyAdd(j, x, y);
            k = Vector512.FusedMultiplyAdd(k, x, y);
            l = Vector512.FusedMultiplyAdd(l, x, y);
        }
        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Chain256(int steps)
    {
        Vector256<float> x = Vector256.Create(0.999f), y = Vector256.Create(0.001f);
        Vector256<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (var s = 0; s < steps; s++)
        {
            a = Vector256.FusedMultiplyAdd(a, x, y);
            b = Vector256.FusedMultiplyAdd(b, x, y);
            c = Vector256.FusedMultiplyAdd(c, x, y);
            d = Vector256.FusedMultiplyAdd(d, x, y);
            e = Vector256.FusedMultiplyAdd(e, x, y);
            f = Vector256.FusedMultiplyAdd(f, x, y);
            g = Vector256.FusedMultiplyAdd(g, x, y);
            h = Vector256.FusedMultiplyAdd(h, x, y);
            i = Vector256.FusedMultiplyAdd(i, x, y);
            j = Vector256.FusedMultiplyAdd(j, x, y);
            k = Vector256.FusedMultiplyAdd(k, x, y);
            l = Vector256.FusedMultiplyAdd(l, x, y);
        }
        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}
