using System.Text;
using System.Text.Unicode;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Sources;

/// <summary>The first row of delimited text: which columns there are.</summary>
internal static class HeaderRow
{
    /// <summary>The layout of a file.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="schema">What is expected.</param>
    /// <param name="row">The first row with its line end, without a byte order mark.</param>
    /// <param name="rules">What the rows must have.</param>
    /// <param name="first">The layout of the pass's first source, or null.</param>
    public static Layout LayoutOf(string path, Schema schema, ReadOnlySpan<byte> row, RowRules rules, Layout? first = null)
    {
        var cells = Split(row, schema);
        // Data to be scored may come without the label column.
        if (!schema.Header) return Layout.InOrder(path, schema, rules.LabelRequired || cells.Count != schema.Fields.Count - 1, rules);
        if (!Utf8.IsValid(row) || row.Contains((byte)0))
            throw new ConsortException($"{path}:1, header: {RowParser.TextMistake(row.Trim("\r\n"u8))}");
        if (row.Trim("\r\n"u8).IsEmpty) throw new ConsortException($"{path}:1: found an empty line, expected the names of columns");
        var bytes = row.ToArray();
        return Layout.ByName(path, $"{path}:1", schema, cells, rules, wrong => Hint(cells, wrong, bytes, schema, rules), first);
    }

    private static string? Hint(List<string> cells, int wrong, ReadOnlySpan<byte> row, Schema schema, RowRules rules)
    {
        var shape = RowShape.Hint(row.Trim("\r\n"u8), cells.Count, schema.Fields.Count, schema, rules);
        if (shape.Length > 0) return shape;
        if (cells[wrong].Trim(' ') is var name && name != cells[wrong] && schema.Fields.Any(f => f.Name == name))
            return rules.Mend("set trim: true to drop spaces around cells",
                "write names and cells without spaces around them (trim: false)");
        var near = NearestWord.Hint(cells[wrong], schema.Fields.Select(f => f.Name).Except(cells));
        if (near.Length > 0) return near;
        if (cells.Exists(cell => schema.Fields.Any(f => f.Name == cell))) return null;
        var names = string.Join(schema.Delimiter.Text, schema.Fields.Where(f => f.IsRead).Select(f => f.Name));
        return rules.Mend("no name of the first row is: where it is a row of data, set header: false",
            $"the first row must name the columns (header: true): {PrintableText.Short(names, 200)}");
    }

    private static List<string> Split(ReadOnlySpan<byte> row, Schema schema)
    {
        var text = Encoding.UTF8.GetString(row).TrimEnd('\n').TrimEnd('\r');
        var delimiter = schema.Delimiter.Text;
        var cells = new List<string>();
        var cell = new StringBuilder();
        var inside = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (schema.Quoted && inside && text.AsSpan(i).StartsWith("\"\"")) cell.Append(text[i++]);
            else if (schema.Quoted && text[i] == '"') inside = !inside;
            else if (!inside && text.AsSpan(i).StartsWith(delimiter))
            {
                cells.Add(cell.ToString());
                cell.Clear();
                i += delimiter.Length - 1;
            }
            else cell.Append(text[i]);
        }
        cells.Add(cell.ToString());
        return schema.Trim ? cells.ConvertAll(c => c.Trim(' ')) : cells;
    }
}
