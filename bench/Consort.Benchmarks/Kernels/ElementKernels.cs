using BenchmarkDotNet.Attributes;
using Consort.Compute.Cpu.Kernels;

namespace Consort.Benchmarks.Kernels;

/// <summary>Passes over the numbers of one hidden layer, 4096 × 400, on one thread.</summary>
public unsafe class ElementKernels : IDisposable
{
    private const int Length = KernelRig.Batch * 400;
    private NativeBuffer<float>? _gradient;
    private NativeBuffer<float>? _output;

    [GlobalSetup]
    public void Fill()
    {
        (_gradient, _output) = (new NativeBuffer<float>(Length), new NativeBuffer<float>(Length));
        var random = new Random(1);
        for (var i = 0; i < Length; i++) (_gradient.Pointer[i], _output.Pointer[i]) = (random.NextSingle(), random.NextSingle() - 0.5f);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _gradient?.Dispose();
        _output?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void MaskRelu() => ReluMask.Apply(_gradient!.Pointer, _output!.Pointer, Length);
}
