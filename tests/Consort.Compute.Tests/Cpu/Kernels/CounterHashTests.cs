using System.Numerics;
using Consort.Compute.Cpu.Kernels;

namespace Consort.Compute.Tests.Cpu.Kernels;

public sealed class CounterHashTests
{
    [Fact]
    public void Bits_VectorAndScalar_GiveTheSameBits()
    {
        var hash = new CounterHash(42, 3);
        for (uint start = 0; start < 1000; start += 7)
        {
            var bits = hash.Bits(start);
            for (var lane = 0; lane < Vector<uint>.Count; lane++)
                Assert.Equal(hash.BitsAt(start + (uint)lane), bits[lane]);
        }
    }
}
