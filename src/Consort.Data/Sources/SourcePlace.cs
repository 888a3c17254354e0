using System.Text.RegularExpressions;

namespace Consort.Data.Sources;

/// <summary>Where rows are, in a text: a file, or a word with a colon and what is asked of whoever knows it.</summary>
public static partial class SourcePlace
{
    private const int LongestShown = 80;

    /// <summary>The words that places which are no files begin with, and who knows each.</summary>
    internal static IReadOnlyDictionary<string, string> Words { get; } = new Dictionary<string, string>
    {
        ["sql"] = "the package Consort.Data.DuckDb",
        ["duckdb"] = "the package Consort.Data.DuckDb",
        [TypedRows.Word] = "a kind of source of the program's own, by TypedRows",
    };

    /// <summary>Whether it is a file, rather than what a package reads by itself.</summary>
    public static bool IsFile(string place) => WordOf(place) is null;

    /// <summary>A place as messages begin with it: a query on one line, without its options, and not all of a long one.</summary>
    public static string Show(string place) => IsFile(place) ? place
        : PrintableText.Short(Options().Replace(place, "$1", 1).ReplaceLineEndings(" "), LongestShown);

    /// <summary>The word that a place begins with; null of a file.</summary>
    internal static string? WordOf(string place) =>
        Words.Keys.FirstOrDefault(w => place.StartsWith(w, StringComparison.Ordinal) && place.AsSpan(w.Length).StartsWith(":"));

    // Of sql:?OPTIONS#QUERY and duckdb:FILE?OPTIONS#TABLE.
    [GeneratedRegex(@"^(sql:)\?[^#]*#|(?<=^duckdb:[^?#]*)\?[^#]*(?=#)")]
    private static partial Regex Options();

    /// <summary>What is said where a package is asked for that the program does not have.</summary>
    internal static string Absent(string word) => $"is read by {Words[word]}, which this program was built without; add it to the program's catalogue of sources";
}
