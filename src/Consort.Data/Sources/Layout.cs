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

    /// <summary>The names of all columns; none where they have none.</summary>
    public IReadOnlyList<string> Names { get; private init; } = [];

    /// <summary>What kind of values each of them holds, in a word; none where every column holds text.</summary>
    public IReadOnlyList<string> Types { get; private init; } = [];

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
    /// <param name="first">The layout of the pass's first source, or null.</param>
    /// <param name="types">What kind of values each column holds, or null.</param>
    public static Layout ByName(string source, string place, Schema schema, IReadOnlyList<string> names, RowRules rules,
        Func<int, string?> hint, Layout? first = null, IReadOnlyList<string>? types = null)
    {
        var byName = schema.Fields.Select((f, i) => (f.Name, i)).ToDictionary(p => p.Name, p => p.i, StringComparer.Ordinal);
        var (targets, seen, unknown, label) = (new int[names.Count], new HashSet<int>(), new List<string>(), LabelOf(schema));
        for (var c = 0; c < targets.Length; c++)
        {
            var isKnown = byName.TryGetValue(names[c], out var field);
            targets[c] = isKnown ? Keep(schema, field) : schema.Fields.Count;
            if (!isKnown) unknown.Add(PrintableText.Short(names[c], 60));
            else if (!seen.Add(field)) throw new ConsortException($"{place}: found two columns named {PrintableText.Short(names[c], 60)}, expected each name once");
        }
        var missing = schema.Fields.Where((f, i) => !seen.Contains(i) && f.IsRead && (f.IsFeature || rules.LabelRequired))
            .FirstOrDefault();
        var wrong = names.ToList().FindIndex(name => !byName.ContainsKey(name));
        var meant = wrong < 0 ? null : hint(wrong);
        // An unknown name is passed over only where nothing is missing that it could have been meant for.
        if (wrong >= 0 && (!rules.PassesOver || (missing is not null && meant is not null)))
            throw new ConsortException($"{place}: column {RowParser.Show(System.Text.Encoding.UTF8.GetBytes(names[wrong]))} is not in the schema{Beside(first)}{meant ?? $" ({rules.Advice})"}");
        if (missing is not null)
        {
            var from = types is null ? " from the header" : "";
            var other = first is not null && first.Names.Contains(missing.Name) ? $"; {first.Source} has it" : "";
            throw new ConsortException($"{place}: column {missing.Name} is missing{from}{NearestWord.Hint(missing.Name, unknown)}{other}");
        }
        var layout = new Layout(source, schema, targets, label, seen.Contains(label), rules)
        {
            Unknown = unknown,
            Names = names,
            Types = types ?? [],
        };
        first?.CheckTypes(layout, place);
        return layout;
    }

    /// <summary>Columns that have names and types of their own.</summary>
    /// <param name="request">What is opened.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="advice">What to do with one that cannot be read, beside giving it kind ignored.</param>
    public static Layout OfColumns(SourceRequest request, IReadOnlyList<SourceColumn> columns, string advice)
    {
        var name = SourcePlace.Show(request.Path);
        var layout = ByName(name, name, request.Schema, [.. columns.Select(c => c.Name)], request.Rules, _ => null, request.First,
            [.. columns.Select(c => c.Type)]);
        foreach (var (column, target) in columns.Zip(layout.Targets).Where(p => p.Second < request.Schema.Fields.Count))
        {
            var field = request.Schema.Fields[target];
            if (!column.IsReadable)
                throw new ConsortException($"{name}: column {column.Name} holds {column.Type}, expected one value a row, or a list of them; give it kind ignored{advice}");
            if (column.IsList && field.List is null)
                throw new ConsortException($"{name}: column {column.Name} holds {column.Type}, expected one value a row for kind {Words.Of(field.Kind)}; give it kind list");
        }
        return layout;
    }

    private static string Beside(Layout? first) => first is { Names.Count: > 0 } ? $", nor in {first.Source}" : "";

    // The same column as numbers in one file and as text in another is a mistake of whoever wrote them: 007 and 7 would be two tokens.
    private void CheckTypes(Layout other, string place)
    {
        var places = Names.Index().DistinctBy(n => n.Item).ToDictionary(n => n.Item, n => n.Index, StringComparer.Ordinal);
        for (var c = 0; c < other.Types.Count; c++)
        {
            if (other.Targets[c] == Schema.Fields.Count) continue;
            var here = places.GetValueOrDefault(other.Names[c], Types.Count);
            if (here >= Types.Count || Types[here] == other.Types[c]) continue;
            throw new ConsortException($"{place}: column {other.Names[c]} holds {other.Types[c]}, expected {Types[here]} as in {Source}");
        }
    }

    private static int LabelOf(Schema schema) => schema.Fields.ToList().FindIndex(f => f.Kind == FieldKind.Label);

    private static int Keep(Schema schema, int field) => schema.Fields[field].IsRead ? field : schema.Fields.Count;
}
