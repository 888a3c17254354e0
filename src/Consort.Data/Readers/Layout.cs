using System.Text;
using System.Text.Unicode;
using Consort.Data.Options;
using Consort.Data.Schemas;

namespace Consort.Data.Readers;

/// <summary>Which column of a file belongs to which field of the schema, known once its first row is read.</summary>
internal sealed class Layout
{
    private Layout(Schema schema, int[] targets, int label, bool hasLabel)
    {
        Schema = schema;
        Targets = targets;
        Label = label;
        HasLabel = hasLabel;
    }

    public Schema Schema { get; }

    /// <summary>For each column of the file the field it fills; <c>Fields.Count</c> is the spare column.</summary>
    public int[] Targets { get; }

    /// <summary>The cell column that holds the label.</summary>
    public int Label { get; }

    /// <summary>Whether the file has labels.</summary>
    public bool HasLabel { get; }

    /// <summary>The cell columns that the file fills; those of the other fields have no cells.</summary>
    public IEnumerable<int> Written => Targets.Distinct();

    /// <summary>The layout of rows in the schema's own order.</summary>
    public static Layout InOrder(Schema schema, bool hasLabel = true)
    {
        int label = schema.Fields.ToList().FindIndex(f => f.Kind == FieldKind.Label);
        int spare = schema.Fields.Count;
        int[] targets = [.. Enumerable.Range(0, spare).Where(i => hasLabel || i != label).Select(i => Keep(schema, i))];
        return new Layout(schema, targets, label < 0 ? spare : label, hasLabel);
    }

    /// <summary>The layout of a file, from its first row.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="schema">What is expected.</param>
    /// <param name="firstRow">The first row with its line end, without a byte order mark; of libsvm and libffm data also what follows.</param>
    /// <param name="labelRequired">Whether a file without the label column is a mistake.</param>
    public static Layout Of(string path, Schema schema, ReadOnlySpan<byte> firstRow, bool labelRequired)
    {
        // Data to be scored may come without labels.
        if (schema.Format != DataFormat.Delimited) return InOrder(schema, labelRequired || !BeginsWithPair(firstRow));
        List<string> cells = SplitRow(firstRow, schema);
        int label = schema.Fields.ToList().FindIndex(f => f.Kind == FieldKind.Label);
        if (!schema.Header)
        {
            bool without = !labelRequired && cells.Count == schema.Fields.Count - 1;
            return InOrder(schema, !without);
        }

        if (!Utf8.IsValid(firstRow) || firstRow.Contains((byte)0))
            throw new ConsortException($"{path}:1, header: {RowParser.TextMistake(firstRow.Trim("\r\n"u8))}");
        if (firstRow.Trim("\r\n"u8).IsEmpty) throw new ConsortException($"{path}:1: found an empty line, expected the names of columns");
        var byName = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < schema.Fields.Count; i++) byName[schema.Fields[i].Name] = i;
        var targets = new int[cells.Count];
        var seen = new HashSet<int>();
        for (int c = 0; c < targets.Length; c++)
        {
            if (!byName.TryGetValue(cells[c], out int field))
            {
                throw new ConsortException($"{path}:1: column {Show(cells[c])} is not in the schema{HeaderHint(cells, c, firstRow, schema)}");
            }
            if (!seen.Add(field)) throw new ConsortException($"{path}:1: found two columns named {PrintableText.Short(cells[c], 60)}");
            targets[c] = Keep(schema, field);
        }
        for (int i = 0; i < schema.Fields.Count; i++)
        {
            if (seen.Contains(i) || schema.Fields[i].Kind == FieldKind.Ignored || (i == label && !labelRequired)) continue;
            throw new ConsortException($"{path}:1: column {schema.Fields[i].Name} is missing from the header");
        }
        return new Layout(schema, targets, label, seen.Contains(label));
    }

    private static int Keep(Schema schema, int field)
        => schema.Fields[field].Kind == FieldKind.Ignored ? schema.Fields.Count : field;

    // Which key mends a header that does not fit; what is nearest to a name helps only where others fit.
    private static string HeaderHint(List<string> cells, int wrong, ReadOnlySpan<byte> firstRow, Schema schema)
    {
        string shape = RowShape.Hint(firstRow.Trim("\r\n"u8), cells.Count, schema.Fields.Count, schema);
        if (shape.Length > 0) return shape;
        string near = NearestWord.Hint(cells[wrong], schema.Fields.Select(f => f.Name));
        if (near.Length > 0 || cells.Any(cell => schema.Fields.Any(f => f.Name == cell))) return near + " (give it kind ignored to pass over it)";
        return "; no name of the first row is: where it is a row of data, set header: false";
    }

    private static string Show(string cell) => RowParser.Show(System.Text.Encoding.UTF8.GetBytes(cell));

    // Whether the first row that is not empty has no label before its pairs.
    private static bool BeginsWithPair(ReadOnlySpan<byte> rows)
    {
        while (!rows.IsEmpty)
        {
            int end = rows.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? rows : rows[..end];
            if (!RowCutter.IsEmpty(line))
            {
                line = line.TrimStart(" \t"u8);
                int item = line.IndexOfAny(" \t\r"u8);
                return (item < 0 ? line : line[..item]).Contains((byte)':');
            }
            rows = end < 0 ? default : rows[(end + 1)..];
        }
        return false;
    }

    private static List<string> SplitRow(ReadOnlySpan<byte> row, Schema schema)
    {
        string text = System.Text.Encoding.UTF8.GetString(row).TrimEnd('\n').TrimEnd('\r');
        string delimiter = schema.Delimiter.Text;
        if (!schema.Quoted) return [.. text.Split(delimiter).Select(t => schema.Trim ? t.Trim(' ') : t)];
        var cells = new List<string>();
        var cell = new StringBuilder();
        bool inside = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (inside && text.AsSpan(i).StartsWith("\"\"")) cell.Append(text[i++]);
            else if (text[i] == '"') inside = !inside;
            else if (!inside && text.AsSpan(i).StartsWith(delimiter))
            {
                cells.Add(cell.ToString());
                cell.Clear();
                i += delimiter.Length - 1;
            }
            else cell.Append(text[i]);
        }
        cells.Add(cell.ToString());
        return [.. cells.Select(t => schema.Trim ? t.Trim(' ') : t)];
    }
}
