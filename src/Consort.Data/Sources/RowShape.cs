using System.Globalization;
using Consort.Data.Schemas;

namespace Consort.Data.Sources;

/// <summary>What to say of a delimited row that has not as many columns as expected, and which key of the schema mends it.</summary>
internal static class RowShape
{
    private static readonly (string Text, string Name)[] Common =
        [("\t", "tab"), (",", "comma"), (";", "semicolon"), ("|", "pipe"), ("::", "\"::\""), (" ", "space"), ("\u0001", "\"\\x01\"")];

    /// <summary>Describes the row.</summary>
    /// <param name="row">Its bytes without the line end.</param>
    /// <param name="found">Its columns.</param>
    /// <param name="expected">The columns that there should be.</param>
    /// <param name="schema">How it was read.</param>
    /// <param name="rules">What it was read for: whether the schema can still be changed.</param>
    public static string WrongCount(ReadOnlySpan<byte> row, int found, int expected, Schema schema, RowRules rules)
    {
        if (row.Trim((byte)'\r').IsEmpty) return $"found an empty line, expected {expected} columns";
        if (row.Contains((byte)0)) return Nuls(row, found, expected, schema);
        var message = $"found {found} column{(found == 1 ? "" : "s")}, expected {expected}";
        if (row.TrimEnd((byte)'\r').Contains((byte)'\r')) return message + "; a line ends with CR alone: end all lines with LF or CRLF";
        return message + Hint(row, found, expected, schema, rules);
    }

    // Zeros at the end are what a file system leaves of a file that was not written to its end.
    private static string Nuls(ReadOnlySpan<byte> row, int found, int expected, Schema schema)
    {
        var (at, count) = (row.IndexOf((byte)0), row.Count((byte)0));
        var cause = row[at..].Trim("\0\r"u8).IsEmpty ? "; was the file not written to its end?" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"found {count:N0} NUL byte{(count == 1 ? "" : "s")} from byte {at + 1:N0} of the line on, in column {row[..at].Count(schema.Delimiter.Bytes) + 1:N0}, and {found:N0} column{(found == 1 ? "" : "s")} in all, expected text of {expected:N0} columns{cause}");
    }

    // A label, and then nothing but pairs.
    private static string? PairFormat(string row)
    {
        var items = row.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
        if (items.Length < 2) return null;
        int[] colons = [.. items.Skip(1).Select(i => i.Count(c => c == ':') is var count && char.IsAsciiDigit(i[0]) ? count : 0)
            .Distinct()];
        return colons switch { [1] => "libsvm", [2] => "libffm", _ => null };
    }

    /// <summary>The key that would mend it, as the end of a message; nothing where none is known.</summary>
    public static string Hint(ReadOnlySpan<byte> row, int found, int expected, Schema schema, RowRules rules)
    {
        var text = System.Text.Encoding.UTF8.GetString(row);
        if (text.StartsWith("{\"", StringComparison.Ordinal)
            || (found == 1 && text.StartsWith('{') && !text.StartsWith("{{", StringComparison.Ordinal)))
            return "; the rows look like JSON: write them as CSV first, or have them read by \"sql:select * from 'FILE'\"";
        if (found != 1 && !schema.Quoted && row.Contains((byte)'"'))
            return rules.Mend("where cells stand in quotes, set quoted: true", "write the cells without quotes (quoted: false)");
        if (found > 1 || expected < 2) return "";
        if (PairFormat(text) is { } pairs)
            return rules.Mend($"the rows look like {pairs}: set format: {pairs}",
                $"the rows look like {pairs}, write them with delimiter: {schema.Delimiter.Name}");
        var fits = Common.Where(c => c.Text != schema.Delimiter.Text && text.Contains(c.Text, StringComparison.Ordinal)).ToArray();
        // The delimiter that gives the right count, else the first that is there at all.
        var best = fits.FirstOrDefault(c => text.Split(c.Text).Length == expected);
        best = best.Text is null ? fits.FirstOrDefault() : best;
        var says = $"the schema says delimiter: {schema.Delimiter.Name}";
        return rules.Mend(
            best.Text is null ? says : $"{says}, should it be delimiter: {best.Name}?",
            $"write the file with delimiter: {schema.Delimiter.Name}{(best.Text is null ? "" : $", it looks like {best.Name}")}{ByName(schema)}");
    }

    // What a schema says that was made for columns with names, such as those of Parquet.
    private static string ByName(Schema schema) => schema.Header || schema.Delimiter.Text != "\t" ? ""
        : ", and its columns in the schema's order without a row of names; or have them found by their names: \"sql:select * from 'FILE'\"";
}
