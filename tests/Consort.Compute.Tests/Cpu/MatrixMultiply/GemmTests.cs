using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Tests.Cpu.MatrixMultiply;

public sealed class GemmTests : IDisposable
{
    private const double FloatEpsilon = 1e-6;
    private const double DoubleEpsilon = 1e-14;

    private readonly Workers _workers = new(3);

    private static readonly (int M, int N, int K)[] Sizes =
    [
        (1, 1, 1), (1, 10, 16), (1, 400, 624), (2, 3, 5), (3, 33, 17), (4, 1, 129), (5, 64, 31), (8, 8, 8), (13, 31, 15),
        (14, 32, 16), (15, 33, 1), (17, 10, 100), (29, 70, 65), (57, 129, 33), (100, 1, 400), (101, 16, 300), (130, 97, 257),
        (200, 5, 700), (37, 41, 1500), (301, 97, 7), (45, 300, 530), (1100, 70, 20),
        (253, 205, 1030), (2030, 193, 35),
    ];

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData(nameof(GemmKernel.Portable))]
    [InlineData(nameof(GemmKernel.Avx2))]
    [InlineData(nameof(GemmKernel.Avx512))]
    public void Run_FloatOverOddSizesAndTransposes_EqualsNaive(string kernel)
    {
        using var gemm = Create(kernel);
        foreach ((var m, var n, var k) in Sizes)
            for (var bits = 0; bits < 4; bits++)
                Check(gemm, m, n, k, (bits & 1) != 0, (bits & 2) != 0, options: 0, slack: bits == 3 ? 0 : 3);
    }

    [Theory]
    [InlineData(nameof(GemmKernel.Portable))]
    [InlineData(nameof(GemmKernel.Avx2))]
    [InlineData(nameof(GemmKernel.Avx512))]
    public void Run_FloatEveryOption_EqualsNaive(string kernel)
    {
        using var gemm = Create(kernel);
        foreach ((var m, var n, var k) in new[] { (1, 37, 20), (3, 1, 9), (33, 71, 19), (37, 21, 1), (70, 35, 1100) })
            for (var bits = 0; bits < 4; bits++)
                for (var options = 0; options < 32; options++)
                    Check(gemm, m, n, k, (bits & 1) != 0, (bits & 2) != 0, options, slack: options % 3);
    }

    // Gradients of a weight so wide that it is computed in slices, the last of them narrower and with an odd end.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Run_WideWeightGradient_EqualsNaive(int threads)
    {
        using var workers = new Workers(threads);
        using var gemm = new Gemm(workers);
        Check(gemm, 45, 12_005, 261, true, false, options: 16, slack: 1);
        Check(gemm, 45, 12_005, 261, true, false, options: 17, slack: 1);
        Check(gemm, 226, 2_405, 530, true, false, options: 17, slack: 1);
    }

    [Fact]
    public void Run_DoubleEveryOption_EqualsNaive()
    {
        using var gemm = new Gemm(_workers);
        foreach ((var m, var n, var k) in new[] { (1, 1, 1), (1, 37, 20), (33, 71, 19), (7, 9, 600) })
        {
            for (var options = 0; options < 128; options++)
            {
                using var @case = New<double>(m, n, k, (options & 32) != 0, (options & 64) != 0, options, options % 3);
                gemm.Run(@case.Call);
                @case.Check(DoubleEpsilon);
            }
        }
    }

    [Theory]
    [InlineData(0, 5, 3)]
    [InlineData(5, 0, 3)]
    [InlineData(0, 0, 0)]
    public void Run_NoElements_DoesNothing(int m, int n, int k)
    {
        using var gemm = new Gemm(_workers);
        Check(gemm, m, n, k, false, false, 0, 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_NoDepth_IsTheBiasOrWhatWasThere(bool accumulate)
    {
        using var gemm = new Gemm(_workers);
        Check(gemm, 17, 35, 0, false, false, accumulate ? 1 : 0, 1);
        Check(gemm, 17, 35, 0, false, true, accumulate ? 31 : 30, 1);
    }

    [Fact]
    public unsafe void Run_MalformedCall_Throws()
    {
        using var gemm = new Gemm(_workers);
        var data = stackalloc float[64];
        Assert.Throws<ArgumentException>(() => gemm.Run(new GemmCall<float> { M = -1, N = 1, K = 1 }));
        Assert.Throws<ArgumentException>(() => gemm.Run(new GemmCall<float> { M = 2, N = 2, K = 2 }));
        var address = (nint)data;
        Assert.Throws<ArgumentException>(() => gemm.Run(new GemmCall<float>
        {
            M = 4,
            N = 4,
            K = 4,
            A = (float*)address,
            B = (float*)address,
            C = (float*)address,
            Lda = 3,
            Ldb = 4,
            Ldc = 4,
        }));
    }

    [Theory]
    [InlineData(nameof(GemmKernel.Portable))]
    [InlineData(nameof(GemmKernel.Avx2))]
    [InlineData(nameof(GemmKernel.Avx512))]
    public void Run_AnyNumberOfThreads_GivesTheSameBits(string kernel)
    {
        Create(kernel).Dispose();
        foreach ((var m, var n, var k) in new[] { (130, 97, 257), (1, 400, 624), (300, 1, 90), (61, 200, 3000), (200, 61, 3000),
            (2, 70, 2000), (45, 12_005, 20), (251, 205, 1100), (230, 192, 1030) })
        {
            for (var bits = 0; bits < 4; bits++)
            {
                using var @case = New<float>(m, n, k, (bits & 1) != 0, (bits & 2) != 0, options: 31, slack: 1);
                float[]? first = null;
                foreach (var threads in new[] { 1, 2, 3, 5, 24 })
                {
                    using var workers = new Workers(threads);
                    using var gemm = new Gemm(workers, Enum.Parse<GemmKernel>(kernel));
                    for (var repeat = 0; repeat < 5; repeat++)
                    {
                        @case.Restore();
                        gemm.Run(@case.Call);
                        first ??= @case.Result();
                        Assert.Equal(first, @case.Result());
                    }
                }
            }
        }
    }

    [Fact]
    public unsafe void Run_NotANumberUnderRelu_StaysNotANumber()
    {
        foreach (var kernel in Enum.GetValues<GemmKernel>().Where(Gemm.IsAvailable))
        {
            using var gemm = new Gemm(_workers, kernel);
            using var @case = New<float>(30, 40, 20, false, true, options: 4, slack: 0);
            @case.Call.A[5 * 20 + 3] = float.NaN;
            gemm.Run(@case.Call);
            for (var j = 0; j < 40; j++) Assert.Equal(float.NaN, @case.Call.C[5 * @case.Call.Ldc + j]);
        }
    }

    [Fact]
    public void Run_SteadyState_AllocatesNothing()
    {
        using var gemm = new Gemm(_workers);
        using GemmCase<float> wide = New<float>(300, 100, 90, false, true, 6, 0), inPlace = New<float>(60, 70, 3000, true, false, 16, 0);
        using var deep = New<float>(230, 200, 1100, true, false, 16, 0);
        using var row = New<float>(1, 100, 90, false, true, 6, 0);
        using var doubles = New<double>(30, 20, 10, false, true, 6, 0);
        long before = 0;
        for (var i = 0; i < 200; i++)
        {
            if (i == 100) before = GC.GetAllocatedBytesForCurrentThread();
            gemm.Run(wide.Call);
            gemm.Run(inPlace.Call);
            gemm.Run(deep.Call);
            gemm.Run(row.Call);
            gemm.Run(doubles.Call);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    // A kernel that is missing or switched off here is a skipped test.
    private Gemm Create(string name)
    {
        var kernel = Enum.Parse<GemmKernel>(name);
        Assert.SkipUnless(Gemm.IsAvailable(kernel), $"the processor has no {name}, or it is switched off");
        return new Gemm(_workers, kernel);
    }

    private static void Check(Gemm gemm, int m, int n, int k, bool transA, bool transB, int options, int slack)
    {
        using var @case = New<float>(m, n, k, transA, transB, options, slack);
        gemm.Run(@case.Call);
        @case.Check(FloatEpsilon);
    }

    private static GemmCase<T> New<T>(int m, int n, int k, bool transA, bool transB, int options, int slack)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T> =>
            new(m, n, k, transA, transB, (options & 1) != 0, (options & 2) != 0, (options & 4) != 0, (options & 8) != 0,
                (options & 16) != 0, slack);
}
