using Consort.Compute.Bf16;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Tests.Cpu.MatrixMultiply;

public sealed class Bf16GemmTests : IDisposable
{
    private const double Epsilon = 1e-6; // the products are exact in floats, so only the order of sums differs

    private readonly Workers _workers = new(3);

    private static readonly (int M, int N, int K)[] Sizes =
    [
        (5, 2, 16), (5, 3, 17), (8, 8, 18), (13, 31, 35), (14, 32, 16), (15, 33, 31), (17, 10, 100), (29, 70, 65), (57, 129, 33),
        (101, 16, 300), (130, 97, 257), (200, 5, 700), (37, 41, 1500), (61, 17, 2500),
    ];

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Run_OddSizesAndTransposes_EqualsNaiveOverRoundedOperands()
    {
        using (var gemm = Create())
            foreach ((var m, var n, var k) in Sizes)
                for (var bits = 0; bits < 4; bits++)
                    Check(gemm, m, n, k, bits, options: 0, slack: bits == 3 ? 0 : 3);
    }

    [Fact]
    public void Run_EveryOption_EqualsNaiveOverRoundedOperands()
    {
        using (var gemm = Create())
            foreach ((var m, var n, var k) in new[] { (33, 71, 19), (70, 35, 1101), (6, 40, 16) })
                for (var bits = 0; bits < 4; bits++)
                    for (var options = 0; options < 32; options++)
                        Check(gemm, m, n, k, bits, options, slack: options % 3);
    }

    [Fact]
    public void Run_AnyNumberOfThreads_GivesTheSameBits()
    {
        Create().Dispose();
        foreach ((var m, var n, var k) in new[] { (130, 97, 257), (61, 200, 3001), (200, 61, 3000), (900, 40, 90) })
            for (var bits = 0; bits < 4; bits++)
            {
                using var @case = New(m, n, k, bits, options: 31, slack: 1);
                float[]? first = null;
                foreach (var threads in new[] { 1, 2, 3 })
                {
                    using var workers = new Workers(threads);
                    using var gemm = Multiplies.Of(workers, Precision.Bf16);
                    for (var repeat = 0; repeat < 3; repeat++)
                    {
                        @case.Restore();
                        gemm.Run(@case.Call);
                        first ??= @case.Result();
                        Assert.Equal(first, @case.Result());
                    }
                }
            }
    }

    // Rounding that only adds to the bits would turn the NaN with all bits set into zero, and others into infinities.
    [Theory]
    [InlineData(0x7FC00000)]
    [InlineData(0x7FFFFFFF)]
    [InlineData(unchecked((int)0xFFFFFFFF))]
    [InlineData(0x7F800001)]
    [InlineData(0x7FBFFFFF)]
    public unsafe void Run_NotANumber_StaysOneUnderRelu(int pattern)
    {
        using (var gemm = Create())
            for (var bits = 0; bits < 4; bits++)
            {
                using var @case = New(30, 40, 21, bits, options: 4, slack: 0);
                var call = @case.Call;
                call.A[call.TransA ? (3 * call.Lda) + 5 : (5 * call.Lda) + 3] = BitConverter.Int32BitsToSingle(pattern);
                call.B[call.TransB ? (7 * call.Ldb) + 20 : (20 * call.Ldb) + 7] = BitConverter.Int32BitsToSingle(pattern);
                gemm.Run(call);
                for (var i = 0; i < 30; i++)
                    for (var j = 0; j < 40; j++)
                        Assert.Equal(i == 5 || j == 7, float.IsNaN(call.C[(i * call.Ldc) + j]));
            }
    }

    [Fact]
    public unsafe void Run_Infinities_StayInfinities()
    {
        using (var gemm = Create())
        {
            using var @case = New(30, 40, 21, bits: 2, options: 0, slack: 0);
            var call = @case.Call;
            call.A[5 * call.Lda] = float.PositiveInfinity;
            gemm.Run(call);
            for (var j = 0; j < 40; j++)
                Assert.Equal(call.B[j * call.Ldb] > 0 ? float.PositiveInfinity : float.NegativeInfinity, call.C[(5 * call.Ldc) + j]);
        }
    }

    [Fact]
    public void Run_SteadyState_AllocatesNothing()
    {
        using var gemm = Create();
        using GemmCase<float> wide = New(300, 100, 90, 2, 6, 0), deep = New(60, 70, 3000, 1, 16, 0);
        long before = 0;
        for (var i = 0; i < 60; i++)
        {
            if (i == 40) before = GC.GetAllocatedBytesForCurrentThread();
            gemm.Run(wide.Call);
            gemm.Run(deep.Call);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Precision_IsWhatTheMachineHas()
    {
        using var gemm = Multiplies.Of(_workers, Precision.Bf16);
        Assert.Equal(Precision.Bf16.Missing() is null ? Precision.Bf16 : Precision.Fp32, gemm.Precision);
        Assert.Null(Precision.Fp32.Missing());
    }

    [Fact]
    public void Precision_Bf16WithoutTheInstructions_ComputesAsFp32()
    {
        Assert.SkipWhen(Precision.Bf16.Missing() is null, "the processor has bf16");
        using var gemm = Multiplies.Of(_workers, Precision.Bf16);
        using var single = new Gemm(_workers);
        using var @case = New(40, 50, 60, 2, 6, 0);
        single.Run(@case.Call);
        var expected = @case.Result();
        @case.Restore();
        gemm.Run(@case.Call);
        Assert.Equal(expected, @case.Result());
    }

    // No bf16 on this processor is a skipped test.
    private Gemm Create()
    {
        SkipWithoutBf16();
        return Multiplies.Of(_workers, Precision.Bf16);
    }

    private static void SkipWithoutBf16() =>
        Assert.SkipWhen(Precision.Bf16.Missing() is not null, $"no bf16 here: {Precision.Bf16.Missing()}");

    private static void Check(Gemm gemm, int m, int n, int k, int bits, int options, int slack)
    {
        using var @case = New(m, n, k, bits, options, slack);
        gemm.Run(@case.Call);
        @case.Check(Epsilon);
    }

    private static GemmCase<float> New(int m, int n, int k, int bits, int options, int slack) => new(
        m, n, k, (bits & 1) != 0, (bits & 2) != 0, (options & 1) != 0, (options & 2) != 0, (options & 4) != 0, (options & 8) != 0,
        (options & 16) != 0, slack, Rounded);

    // To nearest, ties to even, by arithmetic of its own: the distance between neighbours is 2^(exponent - 7).
    private static double Rounded(double x)
    {
        if (x == 0) return 0;
        var unit = Math.ScaleB(1, Math.ILogB(x) - 7);
        return Math.Round(x / unit, MidpointRounding.ToEven) * unit;
    }
}
