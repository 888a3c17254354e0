using System.Runtime.Intrinsics.X86;
using Consort.Compute.Cpu.Kernels;

namespace Consort.Compute.Tests.Cpu.Kernels;

/// <summary>Small products against the plainest form, to the last bit: each number is one chain of sums.</summary>
public sealed unsafe class SmallMatrixTests
{
    // Rows around 4 and 8, columns around the vectors of 8 and 16.
    public static TheoryData<int, int, int, bool> Sizes
    {
        get
        {
            var sizes = new TheoryData<int, int, int, bool>();
            foreach (var m in new[] { 1, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 39 })
                foreach (var n in new[] { 8, 16, 24, 32, 40, 48 })
                    foreach (var k in new[] { 0, 1, 2, 7, 16, 33 })
                        sizes.Add(m, n, k, (m + (n / 8) + k) % 2 == 0);
            return sizes;
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Multiply_AnySize_IsOneChainANumber(int m, int n, int k, bool accumulate)
    {
        Assert.SkipUnless(SmallMatrix.Padded<float>(1) == 8 && Fma.IsSupported, "no vectors of 8 floats with fused multiply-adds here");
        foreach (var isTurned in new[] { false, true })
        {
            var random = new Random(m + n + k);
            float[] a = Draw(m * k), b = Draw(Math.Max(1, k) * (n + 3)), c = Draw(m * (n + 5));
            var expected = (float[])c.Clone();
            var (rowStride, depthStride) = isTurned ? (1, m) : (k, 1);
            for (var i = 0; i < m; i++)
                for (var j = 0; j < n; j++)
                {
                    var sum = 0f;
                    for (var depth = 0; depth < k; depth++)
                        sum = MathF.FusedMultiplyAdd(a[(i * rowStride) + (depth * depthStride)], b[(depth * (n + 3)) + j], sum);
                    expected[(i * (n + 5)) + j] = accumulate ? expected[(i * (n + 5)) + j] + sum : sum;
                }

            fixed (float* left = a, right = b, result = c)
                SmallMatrix.Multiply(result, n + 5, left, rowStride, depthStride, right, n + 3, m, n, k, accumulate);
            Assert.Equal(expected, c);

            float[] Draw(int length) => [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)];
        }
    }
}
