using Consort.Foundation.Options;

namespace Consort.Data.Schemas;

/// <summary>What fields may say that are made of the columns of others.</summary>
internal static class GeneratedFields
{
    /// <summary>The most columns of a cross.</summary>
    private const int MostParts = 8;

    /// <summary>Checks them, and that no other field says what is theirs.</summary>
    /// <exception cref="ConsortException">Something does not fit.</exception>
    public static void Check(Schema schema, string where)
    {
        if (schema.Fields.FirstOrDefault(f => f.IsGenerated) is { } misplaced)
            throw new ConsortException($"{where}, field {misplaced.Name}: kind {Words.Of(misplaced.Kind)} is made of other columns, expected it among the generated fields");
        foreach (var field in schema.AllFields) Check(schema, field, $"{where}, field {field.Name}");
    }

    private static void Check(Schema schema, Field field, string where)
    {
        if (!field.IsGenerated && schema.Generated.Contains(field))
            throw new ConsortException($"{where}: found kind {Words.Of(field.Kind)} among the generated fields, expected cross or lookup");
        if (field.Kind != FieldKind.Cross && field.Of.Count > 0)
            throw new ConsortException($"{where}: of belongs to kind cross, found kind {Words.Of(field.Kind)}");
        if (field.Kind != FieldKind.Lookup && (field.Key is not null || field.In is not null || field.Result != LookupResult.Number))
            throw new ConsortException($"{where}: key, in and result belong to kind lookup, found kind {Words.Of(field.Kind)}");
        if (!field.IsGenerated) return;
        if (field.Missing is not null || field.Share is not null)
            throw new ConsortException($"{where}: missing and share belong to fields with cells of their own; what is missing follows from the columns that it is made of");
        if (field.Outside == OutsideRule.Error)
            throw new ConsortException($"{where}, outside: found error, expected clip or keep: a look-up has no cell that could be refused");
        if (field.Kind == FieldKind.Cross) CheckCross(schema, field, $"{where}, of");
        else CheckLookup(schema, field, where);
    }

    private static void CheckCross(Schema schema, Field field, string where)
    {
        string[] known = [.. schema.Fields.Where(IsOneToken).SelectMany(f => f.TokenColumns)];
        if (field.Of.Count is < 2 or > MostParts)
            throw new ConsortException($"{where}: found {field.Of.Count} column{(field.Of.Count == 1 ? "" : "s")}, expected 2 to {MostParts} with one token a row, such as [{string.Join(", ", known.Take(2))}]");
        if (field.Of.Distinct().Count() < field.Of.Count) throw new ConsortException($"{where}: names a column twice, expected each once");
        foreach (var name in field.Of) Require(schema, known, name, where, "a column with one token a row");
    }

    private static void CheckLookup(Schema schema, Field field, string where)
    {
        if (field.Key is not { } key || field.In is not { } list)
            throw new ConsortException($"{where}: expected key, the column whose token is looked for, and in, the list that it is looked for in");
        if (field.MinCount is not null) throw new ConsortException($"{where}: min_count belongs to fields with a vocabulary, found kind lookup");
        string[] lists = [.. schema.Fields.Where(f => f.List is not null).Select(f => f.Name)];
        Require(schema, lists, list, $"{where}, in", "a list or a sequence");
        string[] keys = [.. schema.Fields.Where(f => f.Kind == FieldKind.Categorical && f.Derive.Count == 0).Select(f => f.Name)];
        Require(schema, keys, key, $"{where}, key", "a categorical field");
        var leaders = SharedVocabularies.Leaders(schema);
        int Leader(string name) => leaders[schema.Fields.ToList().FindIndex(f => f.Name == name)];
        if (Leader(key) != Leader(list))
            throw new ConsortException($"{where}: found {list} with another vocabulary than {key}, expected them to share one, so that equal tokens have equal ids: write share: {key} at {list}");
    }

    private static bool IsOneToken(Field field) => field.List is null && field.Transform.Kind != TransformKind.Piecewise;

    private static void Require(Schema schema, string[] known, string name, string where, string expected)
    {
        if (known.Contains(name)) return;
        var isThere = schema.AllFields.Any(f => f.Name == name || f.Columns.Contains(name));
        throw new ConsortException(isThere
            ? $"{where}: found {name}, expected {expected}{(known.Length == 0 ? "" : $": {string.Join(", ", known.Take(10))}")}"
            : $"{where}: found no column named {name}{NearestWord.Hint(name, known)}");
    }
}
