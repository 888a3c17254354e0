using Consort.Compute.Kernels.MatrixMultiply;
using Consort.Compute.Parallel;
using Xunit.Abstractions;

namespace Consort.Compute.Tests.Kernels.MatrixMultiply;

public sealed class NativeGemmTests(ITestOutputHelper output) : IDisposable
{
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Run_EveryOption_EqualsNaive()
    {
        if (NativeBlas.Missing is { } missing)
        {
            output.WriteLine($"{missing}; nothing was tested.");
            return;
        }

        output.WriteLine(NativeBlas.Name);
        using var gemm = new Gemm(_workers, library: MatrixLibrary.Native);
        foreach ((int m, int n, int k) in new[] { (1, 37, 20), (33, 71, 19), (70, 35, 1100), (5, 5, 0), (200, 9, 30) })
            for (int options = 0; options < 128; options++)
            {
                using var @case = new GemmCase<float>(
                    m, n, k, (options & 32) != 0, (options & 64) != 0, (options & 1) != 0, (options & 2) != 0, (options & 4) != 0,
                    (options & 8) != 0, (options & 16) != 0, options % 3);
                gemm.Run(@case.Call);
                @case.Check(1e-6);
            }
    }

    [Fact]
    public void New_NativeThatIsNotThereOrBf16_Throws()
    {
        Assert.Throws<NotSupportedException>(() => new Gemm(_workers, Precision.Bf16, MatrixLibrary.Native));
        if (NativeBlas.Missing is not { } missing) return;
        Assert.Contains("libopenblas.so.0", missing, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => new Gemm(_workers, library: MatrixLibrary.Native));
    }
}
