using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Consort.Experiments.Import;

/// <summary>Values as they stand in the files that an import writes.</summary>
internal static partial class YamlText
{
    /// <summary>A number.</summary>
    public static string Of(double value) => value == Math.Floor(value) && Math.Abs(value) < 1e15
        ? ((long)value).ToString(CultureInfo.InvariantCulture)
        : value.ToString("R", CultureInfo.InvariantCulture).Replace("E-0", "e-", StringComparison.Ordinal).Replace("E", "e", StringComparison.Ordinal);

    /// <summary>A flag.</summary>
    public static string Of(bool value) => value ? "true" : "false";

    /// <summary>A text, in quotes where YAML could take it for something else.</summary>
    public static string Of(string text)
    {
        if (Plain().IsMatch(text) && !Words().IsMatch(text))
            return text;
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            if (c is '"' or '\\')
                quoted.Append('\\').Append(c);
            else if (c < ' ' || c == 127)
                quoted.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            else if (char.IsControl(c) || c is '\u2028' or '\u2029' or '\ufeff')
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                quoted.Append(c);
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>A list in one line.</summary>
    public static string List(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";

    [GeneratedRegex(@"^[A-Za-z_./][\w./+-]*( [\w./+|-]+)*$")]
    private static partial Regex Plain();

    [GeneratedRegex("^(true|false|yes|no|on|off|null|y|n)$", RegexOptions.IgnoreCase)]
    private static partial Regex Words();
}
