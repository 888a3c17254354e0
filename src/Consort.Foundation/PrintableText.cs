using System.Globalization;
using System.Text;

namespace Consort.Foundation;

/// <summary>
/// Text that a terminal, a log line or a table may show as it is. Control characters (line ends and the escape of terminal commands among
/// them), characters that turn the direction of writing, and halves of surrogate pairs are written as <c>\n</c>, <c>\t</c>, <c>\r</c> or
/// <c>\u001b</c>.
/// </summary>
public static class PrintableText
{
    /// <summary>The text, escaped where it has to be.</summary>
    /// <param name="text">Any text.</param>
    public static string Of(string text)
    {
        for (var i = 0; i < text.Length; i += Length(text, i))
        {
            if (!IsPlain(text, i)) return Escape(text, i);
        }
        return text;
    }

    /// <summary>The text, escaped and no longer than so many characters; what is cut off is shown by <c>…</c>.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="most">The most characters, at least 2.</param>
    public static string Short(string text, int most)
    {
        // Escaping makes text longer, never shorter, so no more than this can be shown.
        var shown = Of(text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)]);
        if (text.Length <= most && shown.Length <= most) return shown;
        var end = Math.Min(shown.Length, most - 1);
        if (end > 0 && char.IsHighSurrogate(shown[end - 1])) end--;
        return shown[..end] + "…";
    }

    private static string Escape(string text, int from)
    {
        var escaped = new StringBuilder(text.Length + 16).Append(text, 0, from);
        for (var i = from; i < text.Length;)
        {
            var length = Length(text, i);
            if (IsPlain(text, i)) escaped.Append(text, i, length);
            else escaped.Append(text[i] switch
            {
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                char c => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
            });
            i += length;
        }
        return escaped.ToString();
    }

    private static int Length(string text, int i) => i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]) ? 2 : 1;

    private static bool IsPlain(string text, int i)
    {
        var c = text[i];
        if (c < 0x7F) return c >= ' ';
        if (char.IsSurrogate(c)) return Length(text, i) == 2;
        // 061C, 200E, 200F, 202A to 202E and 2066 to 2069 turn the direction; 2028 and 2029 end lines; FEFF is a mark.
        return c is not ((>= '\u007F' and <= '\u009F') or '\u061C' or '\u200E' or '\u200F' or (>= '\u2028' and <= '\u202E')
            or (>= '\u2066' and <= '\u2069') or '\uFEFF');
    }
}
