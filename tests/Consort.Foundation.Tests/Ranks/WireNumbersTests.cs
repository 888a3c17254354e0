using Consort.Foundation.Ranks;

namespace Consort.Foundation.Tests.Ranks;

/// <summary>Halves as gradients travel in them, beside the runtime's own and beside the plainest form.</summary>
public sealed class WireNumbersTests
{
    private const float Scale = 4096;

    [Fact]
    public void Unpack_EveryHalf_IsTheRuntimes()
    {
        var halves = Enumerable.Range(0, 1 << 16).Select(h => (ushort)h).ToArray();
        var (fp16, bf16) = (new float[halves.Length], new float[halves.Length]);
        WireNumbers.Unpack(WirePrecision.Fp16, halves, fp16);
        WireNumbers.Unpack(WirePrecision.Bf16, halves, bf16);
        Assert.All(halves, h => Assert.Equal((float)BitConverter.UInt16BitsToHalf(h) / Scale, fp16[h]));
        Assert.All(halves, h => Assert.Equal(BitConverter.UInt32BitsToSingle((uint)h << 16), bf16[h]));
    }

    [Fact]
    public void Pack_FloatsOfEverySize_AreTheRuntimesHalves()
    {
        var numbers = Numbers();
        var halves = new ushort[numbers.Length];
        WireNumbers.Pack(WirePrecision.Fp16, numbers, halves);
        for (var i = 0; i < numbers.Length; i++)
            Assert.True((float.IsNaN(numbers[i]) && Half.IsNaN(BitConverter.UInt16BitsToHalf(halves[i])))
                || BitConverter.HalfToUInt16Bits((Half)(numbers[i] * Scale)) == halves[i], $"{numbers[i]:R} became {halves[i]:X4}");
    }

    [Fact]
    public void Pack_FloatsOfEverySize_AreTheNearestBf16()
    {
        var numbers = Numbers();
        var halves = new ushort[numbers.Length];
        WireNumbers.Pack(WirePrecision.Bf16, numbers, halves);
        for (var i = 0; i < numbers.Length; i++)
        {
            var found = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
            if (!float.IsFinite(numbers[i]))
            {
                Assert.Equal(numbers[i], found);
                continue;
            }

            var below = (ushort)(BitConverter.SingleToUInt32Bits(numbers[i]) >> 16);
            var nearest = new[] { below, (ushort)(below + 1) }.OrderBy(h => Distance(h, numbers[i])).ThenBy(h => h & 1).First();
            Assert.True(nearest == halves[i], $"{numbers[i]:R} became {halves[i]:X4}");
        }

        // What is beyond the largest counts as 2¹²⁸.
        static double Distance(ushort half, float number) => Math.Abs(number - ((half & 0x7FFF) == 0x7F80
            ? Math.CopySign(Math.Pow(2, 128), number) : BitConverter.UInt32BitsToSingle((uint)half << 16)));
    }

    [Theory]
    [InlineData(WirePrecision.Bf16)]
    [InlineData(WirePrecision.Fp16)]
    public void Pack_AnyLength_RoundsEachNumberAlone(WirePrecision precision)
    {
        var numbers = Numbers().Where(float.IsFinite).Take(67).ToArray();
        for (var length = 0; length <= numbers.Length; length++)
        {
            var (halves, back) = (new ushort[length + 1], new float[length + 1]);
            (halves[length], back[length]) = (0xABCD, -1);
            WireNumbers.Pack(precision, numbers.AsSpan(0, length), halves);
            WireNumbers.Unpack(precision, halves.AsSpan(0, length), back);
            Assert.Equal((0xABCD, -1f), (halves[length], back[length]));
            for (var i = 0; i < length; i++)
            {
                var (one, alone) = (new ushort[1], new float[1]);
                WireNumbers.Pack(precision, numbers.AsSpan(i, 1), one);
                WireNumbers.Unpack(precision, one, alone);
                Assert.Equal((one[0], alone[0]), (halves[i], back[i]));
            }
        }
    }

    // All exponents, ties between two halves, their neighbours, and numbers that are none.
    private static float[] Numbers()
    {
        var random = new Random(5);
        var numbers = new List<float> { 0, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, float.MaxValue };
        for (var exponent = 0u; exponent < 255; exponent++)
            for (var i = 0; i < 40; i++)
            {
                var significand = (uint)random.Next(1 << 23);
                var (kept, half) = i % 8 < 4 ? (0x7F_E000u, 0x1000u) : (0x7F_0000u, 0x8000u);
                if (i % 4 > 0)
                    significand = (significand & kept) + half + (uint)(i % 3) - 1;
                numbers.Add(BitConverter.UInt32BitsToSingle(((uint)(i & 1) << 31) | (exponent << 23) | (significand & 0x7F_FFFF)));
            }

        return [.. numbers];
    }
}
