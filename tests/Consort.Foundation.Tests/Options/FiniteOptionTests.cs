using Consort.Foundation.Options;

namespace Consort.Foundation.Tests.Options;

public sealed class FiniteOptionTests
{
    [Theory]
    [InlineData(".nan")]
    [InlineData(".inf")]
    [InlineData("-.inf")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1e400")]
    public void Number_NotFinite_IsRefusedWithItsRange(string text)
    {
        var e = Assert.Throws<ConsortException>(() => OptionMap.Parse($"rate: {text}\n", "x.yaml").Number("rate", 0.1, 0, 1000));
        Assert.Equal($"x.yaml:1, key rate: found \"{text}\", expected a finite number: 0 to 1000", e.Message);
    }
}
