using Consort.Compute.Cpu.Kernels;

namespace Consort.Compute.Tests.Cpu.Kernels;

/// <summary>The greatest of some numbers against sorting them all.</summary>
public sealed unsafe class TopChoiceTests
{
    [Theory]
    [InlineData(2)] // next to all are equal
    [InlineData(7)]
    [InlineData(1_000_000)]
    public void Find_AnySize_EqualsSorting(int distinct)
    {
        var random = new Random(distinct);
        foreach (var n in (int[])[0, 1, 2, 3, 7, 16, 17, 33, 64, 100, 257, 1000])
            foreach (var k in (int[])[0, 1, 2, 3, 5, 16, 50, 99, 100, 1000])
            {
                if (k > n)
                    continue;
                double[] numbers = [.. Enumerable.Range(0, n).Select(_ => (random.Next(distinct) - (distinct / 2)) * 0.5)];
                var expected = Enumerable.Range(0, n).OrderByDescending(i => numbers[i]).ThenBy(i => i).Take(k).Order();
                Assert.Equal(expected, Places([.. numbers.Select(v => (float)v)], k));
                Assert.Equal(expected, Places(numbers, k));
            }
    }

    private static int[] Places<T>(T[] numbers, int k)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        var places = new int[k];
        fixed (T* first = numbers)
        fixed (int* chosen = places)
            TopChoice.Find(first, numbers.Length, chosen, k);
        return places;
    }
}
