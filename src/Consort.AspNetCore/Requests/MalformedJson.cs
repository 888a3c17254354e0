using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Consort.AspNetCore.Requests;

/// <summary>
/// What is wrong with a body that is no JSON, in words for whoever sent it: the library's speak of its own reader and count from 0.
/// </summary>
internal static partial class MalformedJson
{
    // What the library's message holds, and what it means; the first that fits.
    private static readonly (string Part, string Meaning)[] Meanings =
    [
        ("array contains a trailing comma", "a comma before ], expected a value after it; leave the comma out"),
        ("object contains a trailing comma", "a comma before }, expected a key after it; leave the comma out"),
        ("configured depth", "arrays and objects too deep within each other"),
        ("open JSON object or array", "the end, expected ] or } for what was opened"),
        ("Expected end of string", "the end within a text, expected a closing quote"),
        ("reached end of data", "the end, expected more"),
        ("after a single JSON value", "{0} after the end, expected one JSON value"),
        ("matching open", "{0}, which closes nothing that was opened"),
        ("start of a property name", "{0}, expected a key in double quotes"),
        ("after a property name", "{0} after a key, expected a colon"),
        ("after a value", "{0} after a value, expected a comma, ] or }"),
        ("start of a value", "{0}, expected a value"),
        ("leading zero", "a number that begins with 0, expected one without"),
        ("a number", "{0} in a number, expected a digit or its end"),
        ("JSON literal", "{0}, expected true, false, null or a text in double quotes"),
        ("hex digit", "{0} after \\u, expected four digits 0–9, a–f"),
        ("escapable", "{0} after a backslash, expected one of \"\\/bfnrtu"),
        ("within a JSON string", "{0} in a text, expected it escaped"),
    ];

    /// <summary>
    /// The line for the answer, such as <c>malformed JSON: line 1, byte 27: found "]", expected a value</c>; both count from 1.
    /// </summary>
    public static string Explain(JsonException mistake)
    {
        if (mistake.Message.Contains("does not contain any JSON tokens", StringComparison.Ordinal))
            return "malformed JSON: found an empty body, expected a JSON object";
        var place = mistake is { LineNumber: { } line, BytePositionInLine: { } at }
            ? string.Create(CultureInfo.InvariantCulture, $"line {line + 1}, byte {at + 1}: ") : "";
        var meaning = Meanings.FirstOrDefault(m => mistake.Message.Contains(m.Part, StringComparison.Ordinal)).Meaning
            ?? "something else than JSON";
        return $"malformed JSON: {place}found {meaning.Replace("{0}", Found(mistake.Message), StringComparison.Ordinal)}";
    }

    // The library quotes what it found: '}', or '0x0A' of what cannot be printed.
    private static string Found(string message) =>
        Quoted().Match(message) is not { Success: true } match ? "nothing more"
        : match.Groups["text"].Value is var text && text.StartsWith("0x", StringComparison.Ordinal) ? $"the byte {text}"
        : RequestException.Show(text);

    [GeneratedRegex("^'(?<text>.+?)' is ", RegexOptions.Singleline)]
    private static partial Regex Quoted();
}
