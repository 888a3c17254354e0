using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Sources;

/// <summary>Which column of a source belongs to which field of the schema.</summary>
/// <param name="Source">The source, for messages.</param>
/// <param name="Schema">What is expected.</param>
/// <param name="Targets">For each column of the source the field it fills; <c>Fields.Count</c> is the spare column.</param>
/// <param name="Label">The cell column that holds the label.</param>
/// <param name="HasLabel">Whether there are labels; of libsvm and libffm each row tells.</param>
/// <param name="Rules">What the rows must have.</param>
internal sealed record Layout(string Source, Schema Schema, int[] Targets, int Label, bool HasLabel, RowRules Rules)
{
    /// <summary>The cell columns that the source fills; those of the other fields have no cells.</summary>
    public IEnumerable<int> Written => Targets.Distinct();

    /// <summary>Names of columns that are passed over.</summary>
    public IReadOnlyList<string> Unknown { get; private init; } = [];

    /// <summary>Values of libsvm or libffm that were passed over; counted by the one parser that scoring has.</summary>
    public long UnknownPairs { get; set; }

    /// <summary>Columns in the schema's own order.</summary>
    public static Layout InOrder(string source, Schema schema, bool hasLabel = true, RowRules? rules = null)
    {
        var (label, spare) = (LabelOf(schema), schema.Fields.Count);
        int[] targets = [.. Enumerable.Range(0, spare).Where(i => hasLabel || i != label).Select(i => Keep(schema, i))];
        return new Layout(source, schema, targets, label < 0 ? spare : label, hasLabel, rules ?? RowRules.Training);
    }

    /// <summary>Columns that have names, in any order.</summary>
    /// <param name="source">The source.</param>
    /// <param name="place">What messages begin with.</param>
    /// <param name="schema">What is expected.</param>
    /// <param name="names">The names.</param>
    /// <param name="rules">What the rows must have.</param>
    /// <param name="hint">Which key mends a header whose name at a place nobody knows, or which name was meant; null where neither can be
    /// told.</param>
    public static Layout ByName(string source, string place, Schema schema, IReadOnlyList<string> names, RowRules rules,
        Func<int, string?> hint)
    {
        var byName = schema.Fields.Select((f, i) => (f.Name, i)).ToDictionary(p => p.Name, p => p.i, StringComparer.Ordinal);
        var (targets, seen, unknown, label) = (new int[names.Count], new HashSet<int>(), new List<string>(), LabelOf(schema));
        for (var c = 0; c < targets.Length; c++)
        {
            var isKnown = byName.TryGetValue(names[c], out var field);
            targets[c] = isKnown ? Keep(schema, field) : schema.Fields.Count;
            if (!isKnown) unknown.Add(PrintableText.Short(names[c], 60));
            else if (!seen.Add(field)) throw new ConsortException($"{place}: found two columns named {PrintableText.Short(names[c], 60)}");
        }
        var missing = schema.Fields.Where((f, i) => !seen.Contains(i) && f.IsRead && (f.IsFeature || rules.LabelRequired))
            .FirstOrDefault();
        var wrong = names.ToList().FindIndex(name => !byName.ContainsKey(name));
        var meant = wrong < 0 ? null : hint(wrong);
        // An unknown name is passed over only where nothing is missing that it could have been meant for.
        if (wrong >= 0 && (!rules.PassesOver || (missing is not null && meant is not null)))
            throw new ConsortException($"{place}: column {RowParser.Show(System.Text.Encoding.UTF8.GetBytes(names[wrong]))} is not in the schema{meant ?? $" ({rules.Advice})"}");
        if (missing is not null)
            throw new ConsortException($"{place}: column {missing.Name} is missing from the header{NearestWord.Hint(missing.Name, unknown)}");
        return new Layout(source, schema, targets, label, seen.Contains(label), rules) { Unknown = unknown };
    }

    private static int LabelOf(Schema schema) => schema.Fields.ToList().FindIndex(f => f.Kind == FieldKind.Label);

    private static int Keep(Schema schema, int field) => schema.Fields[field].IsRead ? field : schema.Fields.Count;
}
