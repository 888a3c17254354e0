using BenchmarkDotNet.Attributes;
using Consort.Compute.Cpu.Optimizers;

namespace Consort.Benchmarks.Kernels;

/// <summary>4096 × 39 zipf ids of a table of a million rows, D = 16, with first-order weights.</summary>
public class EmbeddingKernels : IDisposable
{
    private KernelRig? _rig;

    [GlobalSetup(Targets = [nameof(Gather), nameof(GatherFirstOrder), nameof(ScatterAdd), nameof(AdamTouched)])]
    public void Touched() => _rig = new KernelRig("FM");

    [GlobalSetup(Target = nameof(AdamDense))]
    public void Dense() => _rig = new KernelRig("FM", EmbeddingUpdate.Dense);

    [GlobalCleanup]
    public void Dispose()
    {
        _rig?.Dispose();
        _rig = null;
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void Gather() => _rig!.Forward("embed");

    [Benchmark]
    public void GatherFirstOrder() => _rig!.Forward("first_order");

    [Benchmark]
    public void ScatterAdd() => _rig!.Scatter();

    [Benchmark]
    public void AdamTouched() => _rig!.Update();

    [Benchmark]
    public void AdamDense() => _rig!.Update();
}
