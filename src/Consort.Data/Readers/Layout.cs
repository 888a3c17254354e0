using System.Text;
using Consort.Data.Options;
using Consort.Data.Schemas;

namespace Consort.Data.Readers;

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
            if (!seen.Add(field)) throw new ConsortException($"{path}:1: found two columns named {cells[c]}");
            targets[c] = Keep(schema, field);
        }
        Field? missing = schema.Fields.Where((f, i) => !seen.Contains(i) && f.Kind != FieldKind.Ignored && (i != label || rules.LabelRequired)).FirstOrDefault();
        // An unknown name is passed over only where nothing is missing that it could have been meant for.
        if (unknown.Count > 0 && (missing is not null || !rules.PassesOver))
        {
            string hint = NearestWord.Hint(unknown[0], byName.Keys.Where(name => !seen.Contains(byName[name])));
            throw new ConsortException($"{path}:1: column \"{unknown[0]}\" is not in the schema{hint}{(hint.Length > 0 ? "" : $" ({rules.Advice})")}");
        }
        if (missing is not null) throw new ConsortException($"{path}:1: column {missing.Name} is missing from the header");
        return new Layout(schema, targets, label, seen.Contains(label), rules) { Unknown = unknown };
    }

    private static int Keep(Schema schema, int field)
        => schema.Fields[field].Kind == FieldKind.Ignored ? schema.Fields.Count : field;

    private static List<string> SplitRow(ReadOnlySpan<byte> row, Schema schema)
    {
        string text = System.Text.Encoding.UTF8.GetString(row).TrimEnd('\n').TrimEnd('\r');
        char delimiter = (char)schema.Delimiter;
        if (!schema.Quoted) return [.. text.Split(delimiter).Select(t => schema.Trim ? t.Trim(' ') : t)];
        var cells = new List<string>();
        var cell = new StringBuilder();
        bool inside = false;
        foreach (char c in text)
        {
            if (c == '"') inside = !inside;
            else if (c == delimiter && !inside)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else cell.Append(c);
        }
        cells.Add(cell.ToString());
        return cells;
    }
}
