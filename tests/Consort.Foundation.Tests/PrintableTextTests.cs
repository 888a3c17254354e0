namespace Consort.Foundation.Tests;

public sealed class PrintableTextTests
{
    [Theory]
    [InlineData("plain text, 100 %, é, 日本, 🎉")]
    [InlineData("")]
    public void Of_PlainText_IsTheSame(string text) => Assert.Same(text, PrintableText.Of(text));

    [Theory]
    [InlineData("a\u001b[31mb", "a\\u001b[31mb")]
    [InlineData("a\nb\tc\rd", "a\\nb\\tc\\rd")]
    [InlineData("\0\u0007\u007f", "\\u0000\\u0007\\u007f")]
    [InlineData("c1 \u009b2J", "c1 \\u009b2J")]
    [InlineData("\u202Eevil\u202C \u2066x\u2069 \u200F", "\\u202eevil\\u202c \\u2066x\\u2069 \\u200f")]
    [InlineData("\u2028line\uFEFF", "\\u2028line\\ufeff")]
    public void Of_ControlAndDirectionCharacters_AreEscaped(string text, string expected) => Assert.Equal(expected, PrintableText.Of(text));

    [Fact]
    public void Of_HalfOfAPair_IsEscaped() => Assert.Equal("a\\ud83cb", PrintableText.Of("a" + "🎉"[0] + "b"));

    [Fact]
    public void Short_LongText_IsCutAndStaysPrintable()
    {
        Assert.Equal("abc", PrintableText.Short("abc", 3));
        Assert.Equal("ab…", PrintableText.Short("abcd", 3));
        Assert.Equal("a…", PrintableText.Short("a🎉🎉🎉", 3));
        for (var most = 2; most < 30; most++)
        {
            var shown = PrintableText.Short("\u001b🎉\n🎉\u202E🎉xyz🎉", most);
            Assert.InRange(shown.Length, 1, most);
            Assert.Equal(shown, PrintableText.Of(shown));
        }
    }

    [Fact]
    public void ConsortException_MessageOfAnything_IsPrintableAndBounded()
    {
        var message = new ConsortException("a.csv:1: found \u001b]0;title\u0007 " + new string('x', 10_000)).Message;
        Assert.StartsWith("a.csv:1: found \\u001b]0;title\\u0007 xxx", message, StringComparison.Ordinal);
        Assert.Equal(4000, message.Length);
        Assert.Equal(message, PrintableText.Of(message));
    }
}
