using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Consort.Data.Schemas;

namespace Consort.Data.Profiles;

/// <summary>A schema made of what a file looks like, with a reason for each column.</summary>
/// <param name="Schema">The schema.</param>
/// <param name="Columns">What each column is taken for, in the file's order.</param>
public sealed partial record SchemaDraft(Schema Schema, IReadOnlyList<ColumnDraft> Columns)
{
    private const int MostWidth = 46;

    /// <summary>Whether rows are cut out of a text, of which the schema says how.</summary>
    internal bool IsText { get; init; }

    /// <summary>Makes it.</summary>
    /// <param name="profile">What was seen; it has a label.</param>
    /// <exception cref="ConsortException">There is no label, or nothing to learn from.</exception>
    public static SchemaDraft Of(DataProfile profile)
    {
        var where = profile.Sources[0];
        if (profile.Label is not { } label) throw new ConsortException($"{where}: {profile.LabelProblem}");
        if (label.Clicks == 0 || label.Clicks == label.Rows)
            throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
                $"{where}, column {label.Column}: found {(label.Clicks == 0 ? "no click" : "nothing but clicks")} in {label.Rows:N0} row{(label.Rows == 1 ? "" : "s")} looked at; a model needs rows that were clicked and rows that were not"));
        var names = profile.Columns.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        var columns = Grouped(Dated(Shared([.. profile.Columns.Select(c => ColumnDraft.Of(c, profile, names))])), profile);
        if (columns.SelectMany(c => c.Field.Columns).FirstOrDefault() is null)
            throw new ConsortException(
                $"{where}: found no column to learn from beside the label {label.Column}: {(columns.Length == 1 ? "it is the only column" : "")}{string.Join("; ", columns.Where(c => c.Field.Kind == FieldKind.Ignored).Take(3).Select(c => $"{c.Name} is {c.Why}"))}");
        var missing = MissingOf(profile, columns);
        // Columns that have names of their own are not cut out of a text.
        var schema = (profile.HasNames ? new Schema { Fields = [] } : profile.Dialect) with
        {
            Missing = missing,
            MinCount = profile.Rows switch { < 1_000 => 1, < 200_000 => 2, < 2_000_000 => 4, _ => 10 },
            Fields = [.. columns.Select((c, i) => WithMissing(c.Field, profile.Columns[i], missing))],
        };
        schema.Validate("the drafted schema");
        return new SchemaDraft(schema, [.. columns.Select((c, i) => c with { Field = schema.Fields[i] })]) { IsText = !profile.HasNames };
    }

    /// <summary>The schema as a file, a line and a reason for each column.</summary>
    /// <param name="head">Lines of comment at its beginning.</param>
    public string ToYaml(IEnumerable<string> head)
    {
        var text = new StringBuilder();
        foreach (var line in head) text.Append("# ").Append(PrintableText.Of(line)).Append('\n');
        // What the writer writes is read back as it is; only what says nothing here is left out, and quotes that are not needed.
        var lines = Schema.ToYaml().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var defaults = (Schema with
        {
            Format = default,
            Delimiter = default,
            Header = false,
            Quoted = false,
            Trim = false,
            MinCount = 1,
            Pairs = default,
            FirstIndex = 0,
            Absent = default
        }).ToYaml()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        var fields = Array.IndexOf(lines, "fields:");
        foreach (var line in lines[..fields])
        {
            if (line.StartsWith("delimiter: ", StringComparison.Ordinal) && IsText && !Schema.IsPairs)
                text.Append("delimiter: ").Append(Schema.Delimiter.Name.Replace("\u0001", "\\x01", StringComparison.Ordinal)).Append('\n');
            else if (!defaults.Contains(line) || line.StartsWith("missing: ", StringComparison.Ordinal)) text.Append(line).Append('\n');
        }
        text.Append("fields:\n");
        for (var i = 0; i < Columns.Count; i++)
        {
            var line = Needless()
                .Replace(lines[fields + 1 + i], m => Word().IsMatch(m.Groups[1].Value) ? ": " + m.Groups[1].Value : m.Value);
            if (Columns[i].Field.Ages is not null) line = Cut().Replace(line, "", 1);
            text.Append(line.PadRight(MostWidth)).Append("  # ").Append(PrintableText.Of(Columns[i].Why)).Append('\n');
        }
        return text.ToString();
    }

    // Who looked, where there are several rows of each and clicks differ among them: within such rows models are compared most fairly.
    private static ColumnDraft[] Grouped(ColumnDraft[] columns, DataProfile profile)
    {
        var users = profile.Columns.Index().Where(c => !profile.Dialect.IsPairs && ColumnWords.UserRank(c.Item.Name) >= 0
            && columns[c.Index].Field is { Kind: FieldKind.Categorical, Derive.Count: 0 }
            && c.Item is { Distinct: >= FewestGroups, MixedShare: >= LeastMixed }).ToArray();
        if (users.Length == 0) return columns;
        var (at, user) = users.MinBy(c => ColumnWords.UserRank(c.Item.Name));
        columns[at] = columns[at] with
        {
            Field = columns[at].Field with { IsGroup = true },
            Why = string.Create(CultureInfo.InvariantCulture,
                $"{columns[at].Why}; and a group: {(double)(user.Rows - user.Missing) / user.Distinct:F1} rows each, {user.MixedShare:P0} of them beside others that went otherwise, so AUC is measured within each as well"),
        };
        return columns;
    }

    private const int FewestGroups = 10;
    private const double LeastMixed = 0.2;

    // Times belong to what became a sequence, and to a row that has one; both are cut at the same end.
    private static ColumnDraft[] Dated(ColumnDraft[] columns)
    {
        foreach (var (i, column) in columns.Index().Where(c => c.Item.Field.Ages is not null).ToArray())
        {
            var history = Array.FindIndex(columns,
                c => c.Name == column.Field.Ages!.Of && c.Field is { Kind: FieldKind.Sequence, Ages: null });
            if (history < 0 || !columns.Any(c => c.Name == column.Field.Ages!.Until && c.Field.Kind == FieldKind.Time))
                columns[i] = new ColumnDraft(column.Name, Words.Of(FieldKind.Ignored), $"{column.Why}; but one of the two is not used")
                { Field = new Field(column.Name, FieldKind.Ignored) };
            else
                columns[history] = columns[history] with
                {
                    Field = columns[history].Field with { List = columns[history].Field.List! with { Keep = column.Field.List!.Keep } },
                };
        }
        return columns;
    }

    // A vocabulary is shared with a field that has one, and shares with no third.
    private static ColumnDraft[] Shared(ColumnDraft[] columns) => [.. columns.Select(c => c.Field.Share is null
        || columns.Any(o => o.Name == c.Field.Share && o.Field.HasTokens && o.Field is { Share: null, Derive.Count: 0 })
        ? c : c with { Field = c.Field with { Share = null } })];

    // Said once where no column means something else by it.
    private static string[] MissingOf(DataProfile profile, ColumnDraft[] columns)
    {
        var read = profile.Columns.Where((_, i) => columns[i].Field.Columns.Count > 0).ToArray();
        var found = read.SelectMany(c => c.MissingTexts.Select(m => m.Token)).Where(t => t.Length > 0).Distinct()
            .Order(StringComparer.Ordinal);
        return ["", .. found.Except(read.SelectMany(c => c.Kept))];
    }

    private static Field WithMissing(Field field, ColumnProfile column, string[] missing)
    {
        if (field.Columns.Count == 0) return field;
        var own = column.MissingTexts.Select(m => m.Token).ToList();
        if (field.Kind == FieldKind.Numeric && column.Numbers?.Mark is { } mark) own.Add(mark);
        if (field.Kind is FieldKind.Numeric or FieldKind.Time && column.Odd is { } odd) own.AddRange(odd.Texts);
        return own.Except(missing).Any() ? field with { Missing = [.. missing.Union(own)] } : field;
    }

    // Times are cut as the history is whose they are.
    [GeneratedRegex(", max_len: [0-9]+, keep: [a-z]+")]
    private static partial Regex Cut();

    [GeneratedRegex(": \"([^\"\\\\]*)\"")]
    private static partial Regex Needless();

    // What YAML takes for a text without quotes, and for no number, date or word of its own.
    [GeneratedRegex("^(?!(?i:y|n|yes|no|on|off|true|false|null|nan|inf)$)[A-Za-z][A-Za-z0-9_]*$")]
    private static partial Regex Word();
}
