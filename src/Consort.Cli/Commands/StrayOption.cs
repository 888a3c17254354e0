using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Consort.Cli.Commands;

/// <summary>An option that a command does not have, which the parser has taken for what another word asks for.</summary>
internal static partial class StrayOption
{
    /// <summary>Those that were typed; none behind <c>--</c>, where every word is what it says, and none that a file is called.</summary>
    public static IEnumerable<string> In(ParseResult result) => result.Tokens.Any(t => t.Type == TokenType.DoubleDash) ? []
        : result.CommandResult.Children.SelectMany(s => s.Tokens).Where(t => t.Type == TokenType.Argument).Select(t => t.Value)
            .Where(v => Shape().IsMatch(v) && !Path.Exists(v));

    [GeneratedRegex("^--[a-z][a-z-]*$")]
    private static partial Regex Shape();
}
