using Consort.Data.Schemas;

namespace Consort.Import;

/// <summary>
/// What FuxiCTR's <c>preprocess</c> becomes. It names a function that the dataset's owner wrote; those that FuxiCTR brings for Avazu and
/// Criteo have a counterpart, for columns as those logs have them.
/// </summary>
internal sealed class PreprocessImport(ImportNotes notes, RawColumns? columns)
{
    private const string TimeColumn = "hour";

    private static readonly Dictionary<string, TimePart> Times = new(StringComparer.Ordinal)
    {
        ["convert_hour"] = TimePart.Hour,
        ["convert_weekday"] = TimePart.Weekday,
        ["convert_weekend"] = TimePart.Weekend,
    };

    private readonly List<TimePart> _parts = [];

    /// <summary>The one field that all parts of a time are derived from, or null where there are none.</summary>
    public Field? Time => _parts.Count == 0 ? null : new Field(TimeColumn, FieldKind.Categorical) { Derive = [.. _parts.Distinct()] };

    /// <summary>Reads an entry's <c>preprocess</c>.</summary>
    /// <param name="value">The key.</param>
    /// <param name="names">The entry's columns.</param>
    /// <param name="field">The field as it is without.</param>
    /// <param name="key">The key's full name, for notes.</param>
    /// <returns>The field, or null where it is part of a time or left out.</returns>
    public Field? Read(ConfigValue value, IReadOnlyList<string> names, Field field, string key)
    {
        var parts = value.Text.Split('(', ')');
        var (name, argument) = (parts[0].Trim(), parts.Length > 1 ? parts[1].Trim() : "");
        if (Times.TryGetValue(name, out var part))
            return Part(value, part, names, key);
        var isOwn = argument.Length == 0 || names.All(n => n == argument);
        if (name == "convert_to_bucket" && isOwn && field.Kind == FieldKind.Categorical)
        {
            notes.Changed(value, "taken for FuxiCTR's own function of that name, for Criteo: floor(ln(x)²) above 2", key);
            return field with { Kind = FieldKind.Numeric, Transform = new(TransformKind.Log2Buckets) };
        }

        var missing = columns is null ? [] : names.Where(n => !columns.Has(n)).ToArray();
        if (missing.Length == 0)
        {
            notes.Lost(value, "a function of the dataset's owner in FuxiCTR, which no file here knows; the column is read as it is: write what the function gives into the files", key);
            return field;
        }

        LeaveOut(value, missing, key);
        return null;
    }

    private Field? Part(ConfigValue value, TimePart part, IReadOnlyList<string> names, string key)
    {
        if (columns is not null && !columns.Has(TimeColumn))
        {
            LeaveOut(value, [.. names.Append(TimeColumn).Distinct().Where(n => !columns.Has(n))], key);
            return null;
        }

        if (columns?.Example(TimeColumn) is { } example && (example.Length != 8 || !example.All(char.IsAsciiDigit)))
        {
            notes.Lost(value, $"a function of the dataset's owner in FuxiCTR; here the column {TimeColumn} must hold YYMMDDHH, and {columns.File} has {Short(example)}; the field is left out: write what the function gives into the files and name the column in the schema", key);
            return null;
        }

        notes.Changed(value, $"taken for FuxiCTR's own function of that name, for Avazu: from a column {TimeColumn} that holds YYMMDDHH",
            key);
        _parts.Add(part);
        return null;
    }

    private void LeaveOut(ConfigValue value, string[] missing, string key) => notes.Lost(
        value,
        $"a function of the dataset's owner in FuxiCTR makes it; {(missing.Length == 1 ? "the column" : "the columns")} {string.Join(", ", missing)} {(missing.Length == 1 ? "is" : "are")} not in {columns!.File}; the field is left out: write what the function gives into the files and name the column in the schema",
        key);

    private static string Short(string text) => text.Length <= 30 ? $"\"{text}\"" : $"\"{text[..30]}…\"";
}
