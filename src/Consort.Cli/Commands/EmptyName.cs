using System.CommandLine;
using System.CommandLine.Parsing;

namespace Consort.Cli.Commands;

/// <summary>An empty text where a file, a folder or rows are named, as a shell makes of a variable that is not set.</summary>
internal static class EmptyName
{
    private static readonly string[] Rows = ["ROWS", "DATA", "NEWDATA"];
    private static readonly string[] Paths =
        ["DIR", "EXPERIMENT", "FILE", "FOLDER", "MODEL", "NEW", "OLD", "PACKAGE", "PATH", "PATTERN", "RECIPE", "RUN"];

    /// <summary>What is said of the first one; null where there is none.</summary>
    public static string? In(ParseResult result) => result.CommandResult.Children.Select(Of).FirstOrDefault(m => m is not null);

    private static string? Of(SymbolResult symbol)
    {
        if (!symbol.Tokens.Any(t => string.IsNullOrWhiteSpace(t.Value)))
            return null;
        var (name, value) = symbol switch
        {
            OptionResult option => (option.Option.Name, option.Option.HelpName),
            ArgumentResult argument => (argument.Argument.Name, argument.Argument.Name),
            _ => ("", ""),
        };
        var words = (value ?? "").Split('|');
        return words.Any(Rows.Contains) ? $"{name}: found an empty name, expected rows: a file, a folder, a pattern, sql:QUERY or duckdb:FILE#TABLE"
            : words.Any(Paths.Contains) ? $"{name}: found an empty name, expected that of a file or a folder" : null;
    }
}
