using System.Globalization;
using Consort.Data.Sources;

namespace Consort.Data.Tests.Sources;

public sealed class NumberParserTests
{
    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-12", -12)]
    [InlineData("+7", 7)]
    [InlineData("999999999999999999", 999999999999999999)]
    public void TryInteger_Number_IsRead(string text, long expected)
    {
        Assert.True(NumberParser.TryInteger(Bytes(text), out var value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData(" 1")]
    [InlineData("1234567890123456789")]
    public void TryInteger_OtherText_IsRefused(string text) => Assert.False(NumberParser.TryInteger(Bytes(text), out _));

    [Fact]
    public void FewDigits_AnyCellOfAnyBlock_AgreesWithTryInteger()
    {
        // Next to the digits, and what a carry between bytes would come from.
        var others = "/:. -+\0\t\u007f\u0080\u00ff"u8.ToArray();
        var random = new Random(4);
        var digits = 0;
        for (var i = 0; i < 100_000; i++)
        {
            var block = new byte[random.Next(0, 24)];
            for (var b = 0; b < block.Length; b++)
                block[b] = random.Next(12) == 0 ? others[random.Next(others.Length)] : (byte)('0' + random.Next(10));
            var start = random.Next(block.Length + 1);
            var cell = new Cell { Start = start, Length = random.Next(-1, block.Length - start + 1) };
            var text = cell.Of(block);
            var isPlain = cell.Length is >= 1 and <= 8 && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9');
            digits += isPlain ? 1 : 0;
            Assert.Equal(isPlain && NumberParser.TryInteger(text, out var value) ? value : -1, NumberParser.FewDigits(block, cell));
        }
        Assert.InRange(digits, 20_000, 80_000);
    }

    [Fact]
    public void TryNumber_RandomTexts_AgreeWithDoubleParse()
    {
        var random = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var x = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-20, 20));
            var text = x.ToString(random.Next(3) switch { 0 => "R", 1 => "F5", _ => "0.###" }, CultureInfo.InvariantCulture);
            Assert.True(NumberParser.TryNumber(Bytes(text), out var value), text);
            Assert.Equal(double.Parse(text, CultureInfo.InvariantCulture), value);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("nan")]
    [InlineData("Infinity")]
    [InlineData("1e999")]
    [InlineData("1,5")]
    [InlineData("1 ")]
    public void TryNumber_OtherText_IsRefused(string text) => Assert.False(NumberParser.TryNumber(Bytes(text), out _));
}
