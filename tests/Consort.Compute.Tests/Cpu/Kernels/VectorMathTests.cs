using System.Numerics;
using Consort.Compute.Cpu.Kernels;

namespace Consort.Compute.Tests.Cpu.Kernels;

public sealed class VectorMathTests
{
    [Fact]
    public void Exp_AnyFloat_IsThePowerOfE()
    {
        for (var x = -86.9f; x < 88.72f; x += 0.000917f)
        {
            var found = VectorMath.Exp(new Vector<float>(x));
            var expected = Math.Exp(x);
            Assert.InRange(found[0], expected * (1 - 2.5e-7), expected * (1 + 2.5e-7));
            Assert.Equal(found[0], found[Vector<float>.Count - 1]);
        }

        for (var x = -1e-3f; x <= 1e-3f; x += 1.7e-6f)
            Assert.Equal(Math.Exp(x), VectorMath.Exp(new Vector<float>(x))[0], 1.2e-7);
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(-88f, 0f)]
    [InlineData(-1e30f, 0f)]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(88.73f, float.PositiveInfinity)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(float.NaN, float.NaN)]
    public void Exp_AtTheEnds_IsWhatFloatsCanHold(float x, float expected) =>
        Assert.Equal(expected, VectorMath.Exp(new Vector<float>(x))[0]);
}
