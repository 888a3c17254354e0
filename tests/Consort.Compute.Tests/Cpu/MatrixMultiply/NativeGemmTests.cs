using Consort.Compute.Bf16;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Tests.Cpu.MatrixMultiply;

public sealed class NativeGemmTests : IDisposable
{
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Run_EveryOption_EqualsNaive()
    {
        Assert.SkipWhen(NativeBlas.Missing is not null, $"no native matrix library here: {NativeBlas.Missing}");
        using var gemm = new Gemm(_workers, library: MatrixLibrary.Native);
        foreach ((var m, var n, var k) in new[] { (1, 37, 20), (33, 71, 19), (70, 35, 1100), (5, 5, 0), (200, 9, 30) })
            for (var options = 0; options < 128; options++)
            {
                using var @case = new GemmCase<float>(
                    m, n, k, (options & 32) != 0, (options & 64) != 0, (options & 1) != 0, (options & 2) != 0, (options & 4) != 0,
                    (options & 8) != 0, (options & 16) != 0, options % 3);
                gemm.Run(@case.Call);
                @case.Check(1e-6);
            }
    }

    [Fact]
    public void New_NativeWithBf16_Throws() =>
        Assert.Throws<NotSupportedException>(() => Multiplies.Of(_workers, Precision.Bf16, MatrixLibrary.Native));

    [Fact]
    public void New_NativeThatIsNotThere_NamesWhatWasLookedFor()
    {
        Assert.SkipWhen(NativeBlas.Missing is null, $"a native matrix library is here: {NativeBlas.Name}");
        Assert.Contains("libopenblas.so.0", NativeBlas.Missing!, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => new Gemm(_workers, library: MatrixLibrary.Native));
    }
}
