using Consort.Data.Readers;
using Consort.Data.Schemas;

namespace Consort.Data.Encoding;

/// <summary>Which key of the schema mends a cell that its column does not take, where the cell tells.</summary>
internal static class CellHint
{
    private static readonly string[] UsualMissing = ["NA", "N/A", "NaN", "null", "NULL", "None", "none", "\\N", "?", "-", "nan", "<NA>", "#N/A"];

    /// <summary>The end of a message, or nothing.</summary>
    /// <param name="schema">How the file was read.</param>
    /// <param name="field">The cell's field.</param>
    /// <param name="cell">Its bytes.</param>
    /// <param name="line">Its line.</param>
    public static string Of(Schema schema, int field, ReadOnlySpan<byte> cell, long line)
    {
        string text = System.Text.Encoding.UTF8.GetString(cell);
        bool isDelimited = schema.Format == DataFormat.Delimited;
        if (isDelimited && !schema.Quoted && text.StartsWith('"')) return "; where cells stand in quotes, set quoted: true";
        if (isDelimited && !schema.Trim && text.Length > 0 && text.Trim(' ').Length < text.Length) return "; set trim: true to drop spaces around cells";
        if (isDelimited && !schema.Header && line == 1 && schema.Fields.Any(f => string.Equals(f.Name, text.Trim(), StringComparison.OrdinalIgnoreCase)))
            return "; where the first row names the columns, set header: true";
        bool isLabel = field >= schema.Fields.Count || schema.Fields[field].Kind == FieldKind.Label;
        if (isLabel) return LabelHint(schema, field, text);
        if (UsualMissing.Contains(text)) return $"; where it means a missing value, set missing: [\"\", \"{text}\"]".Replace("\\N", "\\\\N", StringComparison.Ordinal);
        if (text.Count(c => c == ',') == 1 && NumberParser.TryDecimal(System.Text.Encoding.UTF8.GetBytes(text.Replace(',', '.')), out _))
            return "; write decimals with a point";
        return "";
    }

    private static string LabelHint(Schema schema, int field, string text)
    {
        if (text.Length == 0) return "";
        if (schema.Format != DataFormat.Delimited)
        {
            if (text.Contains(':', StringComparison.Ordinal)) return "; the row has no label before its pairs";
            if (text.Contains(',', StringComparison.Ordinal)) return "; where the rows are CSV, set format: delimited and delimiter: comma";
        }
        if (field >= schema.Fields.Count) return "; other labels are named by a field of kind label with values";
        if (schema.Fields[field].Values.Count > 0) return "; the label field's values name what it may be";
        // Labels of two classes are often counted from 1, or are -1 and 1.
        string other = text switch { "1" or "2" => "{\"1\": 0, \"2\": 1}", "-1" => "{\"-1\": 0, \"1\": 1}", _ => $"{{\"{PrintableText.Short(text, 20).Replace("\"", "\\\"", StringComparison.Ordinal)}\": 1, …: 0}}" };
        return $"; other labels are named by the label field's values, such as values: {other}";
    }
}
