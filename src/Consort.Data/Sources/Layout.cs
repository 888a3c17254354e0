using System.Text;
using System.Text.Unicode;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Sources;

/// <summary>Which column of a file belongs to which field of the schema, known once its first row is read.</summary>
internal sealed class Layout
{
    private Layout(Schema schema, int[] targets, int label, bool hasLabel, RowRules rules)
    {
        Rules = rules;
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

    /// <summary>Whether the file has labels; of libsvm and libffm each row tells.</summary>
    public bool HasLabel { get; }

    /// <summary>The cell columns that the file fills; those of the other fields have no cells.</summary>
    public IEnumerable<int> Written => Targets.Distinct();

    /// <summary>What the rows must have.</summary>
    public RowRules Rules { get; }

    /// <summary>Names in the header that are passed over.</summary>
    public IReadOnlyList<string> Unknown { get; private init; } = [];

    /// <summary>Values of libsvm or libffm that were passed over; counted by the one parser that scoring has.</summary>
    public long UnknownPairs { get; set; }

    /// <summary>The layout of rows in the schema's own order.</summary>
    public static Layout InOrder(Schema schema, bool hasLabel = true, RowRules? rules = null)
    {
        int label = schema.Fields.ToList().FindIndex(f => f.Kind == FieldKind.Label);
        int spare = schema.Fields.Count;
        int[] targets = [.. Enumerable.Range(0, spare).Where(i => hasLabel || i != label).Select(i => Keep(schema, i))];
        return new Layout(schema, targets, label < 0 ? spare : label, hasLabel, rules ?? RowRules.Training);
    }

    /// <summary>The layout of a file, from its first row.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="schema">What is expected.</param>
    /// <param name="firstRow">The first row with its line end, without a byte order mark.</param>
    /// <param name="rules">What the rows must have.</param>
    public static Layout Of(string path, Schema schema, ReadOnlySpan<byte> firstRow, RowRules rules)
    {
        if (schema.Format != DataFormat.Delimited) return InOrder(schema, rules: rules);
        List<string> cells = SplitRow(firstRow, schema);
        int label = schema.Fields.ToList().FindIndex(f => f.Kind == FieldKind.Label);
        if (!schema.Header)
        {
            // Data to be scored may come without the label column.
            bool without = !rules.LabelRequired && cells.Count == schema.Fields.Count - 1;
            return InOrder(schema, !without, rules);
        }

        if (!Utf8.IsValid(firstRow) || firstRow.Contains((byte)0))
            throw new ConsortException($"{path}:1, header: {RowParser.TextMistake(firstRow.Trim("\r\n"u8))}");
        if (firstRow.Trim("\r\n"u8).IsEmpty) throw new ConsortException($"{path}:1: found an empty line, expected the names of columns");
        var byName = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < schema.Fields.Count; i++) byName[schema.Fields[i].Name] = i;
        var targets = new int[cells.Count];
        var seen = new HashSet<int>();
        var unknown = new List<string>();
        for (int c = 0; c < targets.Length; c++)
        {
            if (!byName.TryGetValue(cells[c], out int field))
            {
                targets[c] = schema.Fields.Count;
                unknown.Add(PrintableText.Short(cells[c], 60));
                continue;
            }
            if (!seen.Add(field)) throw new ConsortException($"{path}:1: found two columns named {PrintableText.Short(cells[c], 60)}");
            targets[c] = Keep(schema, field);
        }
        Field? missing = schema.Fields.Where((f, i) => !seen.Contains(i) && f.Kind != FieldKind.Ignored && (i != label || rules.LabelRequired)).FirstOrDefault();
        int wrong = cells.FindIndex(cell => !byName.ContainsKey(cell));
        string? hint = wrong < 0 ? null : HeaderHint(cells, wrong, firstRow, schema, rules);
        // An unknown name is passed over only where nothing is missing that it could have been meant for.
        if (wrong >= 0 && (!rules.PassesOver || (missing is not null && hint is not null)))
            throw new ConsortException($"{path}:1: column {Show(cells[wrong])} is not in the schema{hint ?? $" ({rules.Advice})"}");
        if (missing is not null)
            throw new ConsortException($"{path}:1: column {missing.Name} is missing from the header{NearestWord.Hint(missing.Name, unknown)}");
        return new Layout(schema, targets, label, seen.Contains(label), rules) { Unknown = unknown };
    }

    private static int Keep(Schema schema, int field)
        => schema.Fields[field].Kind == FieldKind.Ignored ? schema.Fields.Count : field;

    // Which key mends a header that does not fit, or which name was meant; null where neither can be told.
    private static string? HeaderHint(List<string> cells, int wrong, ReadOnlySpan<byte> firstRow, Schema schema, RowRules rules)
    {
        string shape = RowShape.Hint(firstRow.Trim("\r\n"u8), cells.Count, schema.Fields.Count, schema, rules);
        if (shape.Length > 0) return shape;
        if (cells[wrong].Trim(' ') is var name && name != cells[wrong] && schema.Fields.Any(f => f.Name == name))
            return rules.Mend("set trim: true to drop spaces around cells", "write names and cells without spaces around them (trim: false)");
        string near = NearestWord.Hint(cells[wrong], schema.Fields.Select(f => f.Name).Except(cells));
        if (near.Length > 0) return near;
        bool anyKnown = cells.Any(cell => schema.Fields.Any(f => f.Name == cell));
        return anyKnown ? null : rules.Mend(
            "no name of the first row is: where it is a row of data, set header: false",
            $"the first row must name the columns (header: true): {PrintableText.Short(string.Join(schema.Delimiter.Text, schema.Fields.Where(f => f.Kind != FieldKind.Ignored).Select(f => f.Name)), 200)}");
    }

    private static string Show(string cell) => RowParser.Show(System.Text.Encoding.UTF8.GetBytes(cell));

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
