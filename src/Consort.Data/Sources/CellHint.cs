using System.Globalization;
using Consort.Data.Schemas;

namespace Consort.Data.Sources;

/// <summary>Which key of the schema mends a cell that its column does not take, where the cell tells.</summary>
internal static class CellHint
{
    /// <summary>Texts that people write for a value that is missing.</summary>
    public static readonly string[] UsualMissing =
        ["NA", "N/A", "NaN", "null", "NULL", "None", "none", "\\N", "?", "-", "nan", "<NA>", "#N/A"];
    private const int MostTexts = 4;

    /// <summary>The end of a message, or nothing.</summary>
    /// <param name="layout">How the file was read, and what for.</param>
    /// <param name="field">The cell's field.</param>
    /// <param name="cell">Its bytes.</param>
    /// <param name="line">Its line.</param>
    /// <param name="texts">At most so many of the texts that stand in its column, for a message.</param>
    public static string Of(Layout layout, int field, ReadOnlySpan<byte> cell, long line, Func<int, IReadOnlyCollection<string>> texts)
    {
        var (schema, rules) = (layout.Schema, layout.Rules);
        var text = System.Text.Encoding.UTF8.GetString(cell);
        var isDelimited = schema.Format == DataFormat.Delimited && layout.Types.Count == 0; // a text, not a table
        if (isDelimited && !schema.Quoted && text.StartsWith('"'))
            return rules.Mend("where cells stand in quotes, set quoted: true", "write the cells without quotes (quoted: false)");
        if (isDelimited && !schema.Trim && text.Length > 0 && text.Trim(' ').Length < text.Length)
            return rules.Mend("set trim: true to drop spaces around cells", "write cells without spaces around them (trim: false)");
        if (isDelimited && !schema.Header && line == 1
            && schema.Fields.Any(f => string.Equals(f.Name, text.Trim(), StringComparison.OrdinalIgnoreCase)))
            return rules.Mend("where the first row names the columns, set header: true", "leave out the row of names (header: false)");
        var isLabel = field >= schema.Fields.Count || schema.Fields[field].Kind == FieldKind.Label;
        if (isLabel) return LabelHint(layout, field, text, texts);
        if (schema.Fields[field] is { Kind: FieldKind.Categorical, Derive.Count: > 0 } && text.Length >= 10
            && DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time))
            return string.Create(CultureInfo.InvariantCulture, $"; write it as {time:yyMMddHH}");
        if (UsualMissing.Contains(text)) return MissingHint(schema, rules, schema.Fields[field], text);
        if (text.Count(c => c == ',') == 1 && NumberParser.TryDecimal(System.Text.Encoding.UTF8.GetBytes(text.Replace(',', '.')), out _))
            return "; write decimals with a point";
        return "";
    }

    private static string MissingHint(Schema schema, RowRules rules, Field field, string text)
    {
        var known = field.Missing ?? schema.Missing;
        var write = known.Contains("") || known.Count == 0 ? "leave the cell empty" : $"write \"{known[0]}\"";
        // Those that the schema has stay: whoever copies the line must not lose one.
        var all = string.Join(", ", known.DefaultIfEmpty("").Append(text)
            .Select(t => $"\"{t.Replace("\\", "\\\\", StringComparison.Ordinal)}\""));
        return rules.Mend($"where it means a missing value, set missing: [{all}]", $"where it means a missing value, {write}");
    }

    private static string LabelHint(Layout layout, int field, string text, Func<int, IReadOnlyCollection<string>> texts)
    {
        var (schema, rules) = (layout.Schema, layout.Rules);
        if (text.Length == 0) return "";
        if (schema.IsPairs)
        {
            if (text.Contains(':', StringComparison.Ordinal)) return "; the row has no label before its pairs";
            if (text.Contains(',', StringComparison.Ordinal))
                return rules.Mend("where the rows are CSV, set format: delimited and delimiter: comma",
                    $"write pairs (format: {Words.Of(schema.Format)})");
        }
        if (rules.IsFitted) return rules.Mend("", "write labels as they were in training");
        if (field >= schema.Fields.Count) return "; other labels are named by a field of kind label with values";
        if (schema.Fields[field].Values.Count > 0) return "; the label field's values name what it may be";
        // Which of them is the click cannot be told from here: whoever copies a guess may train a model not to click.
        var seen = texts(MostTexts + 1);
        var here = string.Join(", ", seen.Take(MostTexts)) + (seen.Count > MostTexts ? ", …" : "");
        return $"; name each text by the label field's values, 1 for what means a click: values: {{…: 0, …: 1}} (texts seen: {here})";
    }
}
