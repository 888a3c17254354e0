using BenchmarkDotNet.Attributes;

namespace Consort.Benchmarks.Kernels;

/// <summary>Interactions of 39 fields, D = 16, over 4096 rows.</summary>
public class InteractionKernels : IDisposable
{
    private KernelRig? _rig;

    [GlobalSetup(Targets = [nameof(FmForward), nameof(FmBackward)])]
    public void Fm() => _rig = new KernelRig("FM");

    [GlobalSetup(Targets = [nameof(InnerProductForward), nameof(InnerProductBackward)])]
    public void Pnn() => _rig = new KernelRig("PNN");

    [GlobalSetup(Targets = [nameof(BilinearForward), nameof(BilinearBackward)])]
    public void FiBiNet() => _rig = new KernelRig("FiBiNET");

    [GlobalSetup(Targets = [nameof(CrossForward), nameof(CrossBackward)])]
    public void Dcn() => _rig = new KernelRig("DCN");

    [GlobalCleanup]
    public void Dispose()
    {
        _rig?.Dispose();
        _rig = null;
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void FmForward() => _rig!.Forward("factorization_machine");

    [Benchmark]
    public void FmBackward() => _rig!.Backward("factorization_machine");

    [Benchmark]
    public void InnerProductForward() => _rig!.Forward("inner_product");

    [Benchmark]
    public void InnerProductBackward() => _rig!.Backward("inner_product");

    [Benchmark]
    public void BilinearForward() => _rig!.Forward("bilinear");

    [Benchmark]
    public void BilinearBackward() => _rig!.Backward("bilinear");

    [Benchmark]
    public void CrossForward() => _rig!.Forward("cross");

    [Benchmark]
    public void CrossBackward() => _rig!.Backward("cross");
}
