using System.Globalization;
using System.Text;

namespace Consort.Foundation.Options;

/// <summary>A text as YAML takes it for nothing else: in double quotes, with escapes.</summary>
public static class QuotedYaml
{
    /// <summary>Quotes a text.</summary>
    /// <param name="text">Any text.</param>
    public static string Of(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            if (c is '"' or '\\') quoted.Append('\\').Append(c);
            else if (c < ' ' || c == 127) quoted.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            // YAML breaks lines at some of these too.
            else if (char.IsControl(c) || c is '\u2028' or '\u2029' or '\ufeff')
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else quoted.Append(c);
        }
        return quoted.Append('"').ToString();
    }
}
