using System.Text.RegularExpressions;
using Consort.Foundation.Options;

namespace Consort.Import;

/// <summary>Values as they stand in the files that an import writes.</summary>
internal static partial class YamlText
{
    /// <summary>A number.</summary>
    public static string Of(double value) => Domain.Show(value);

    /// <summary>A flag.</summary>
    public static string Of(bool value) => value ? "true" : "false";

    /// <summary>A text, in quotes where YAML could take it for something else.</summary>
    public static string Of(string text) => Plain().IsMatch(text) && !Words().IsMatch(text) ? text : QuotedYaml.Of(text);

    /// <summary>A list in one line.</summary>
    public static string List(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";

    [GeneratedRegex(@"^[A-Za-z_./][\w./+-]*( [\w./+|-]+)*$")]
    private static partial Regex Plain();

    [GeneratedRegex("^(true|false|yes|no|on|off|null|y|n)$", RegexOptions.IgnoreCase)]
    private static partial Regex Words();
}
