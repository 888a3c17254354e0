using Consort.Foundation.Options;

namespace Consort.Data.Schemas;

/// <summary>
/// Fields that share one vocabulary. The first of them in the schema's order leads: it holds what was fitted, and the others read it,
/// whichever of them names which.
/// </summary>
internal static class SharedVocabularies
{
    /// <summary>The place of the field that leads, for every field; its own where it shares with none.</summary>
    public static int[] Leaders(Schema schema)
    {
        var fields = schema.Fields;
        int[] leaders = [.. Enumerable.Range(0, fields.Count)];
        if (fields.All(f => f.Share is null)) return leaders;
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < leaders.Length; i++)
        {
            var owner = fields[i].Share ?? fields[i].Name;
            if (!first.TryAdd(owner, i)) leaders[i] = first[owner];
        }
        return leaders;
    }

    /// <summary>Checks that fields which share can.</summary>
    /// <exception cref="ConsortException">They cannot.</exception>
    public static void Check(Schema schema, string where)
    {
        foreach (var field in schema.Fields.Where(f => f.Share is not null))
            Check(schema, field, field.Share!, $"{where}, field {field.Name}, share");
    }

    private static void Check(Schema schema, Field field, string share, string where)
    {
        if (share == field.Name) throw new ConsortException($"{where}: found its own name, expected another field");
        if (schema.Fields.FirstOrDefault(f => f.Name == share) is not { } owner)
        {
            var hint = NearestWord.Hint(share, schema.Fields.Where(f => f.Name != field.Name).Select(f => f.Name));
            throw new ConsortException($"{where}: found no field named {share}, expected a field of this schema{hint}");
        }
        if (owner.Share is { } further)
            throw new ConsortException($"{where}: found {share}, which itself shares the vocabulary of {further}, expected {further}");
        RequireVocabulary(field, where);
        RequireVocabulary(owner, where);
        // A list's tokens are tokens as well.
        if ((field.Kind != owner.Kind && !(field.HasTokens && owner.HasTokens)) || field.Transform != owner.Transform)
            throw new ConsortException($"{where}: found {Show(field)} beside {Show(owner)} of {share}, expected the same");
        int own = field.MinCount ?? schema.MinCount, other = owner.MinCount ?? schema.MinCount;
        if (own != other)
            throw new ConsortException($"{where}: found min_count {own} beside {other} of {share}, expected the same for one vocabulary");
    }

    private static void RequireVocabulary(Field field, string where)
    {
        if (field.Derive.Count > 0)
            throw new ConsortException($"{where}: field {field.Name} derives columns from a time, expected a field with one vocabulary");
        if (field.HasTokens || (field.Kind == FieldKind.Numeric && field.Transform.MakesTokens)) return;
        throw new ConsortException($"{where}: field {field.Name} is {Show(field)} and has no vocabulary, expected a categorical field");
    }

    private static string Show(Field field)
    {
        var kind = Words.Of(field.Kind);
        if (field.Transform.Kind == TransformKind.None) return kind;
        var count = field.Transform.Count > 0 ? $": {field.Transform.Count}" : "";
        return $"{kind} with {Words.Of(field.Transform.Kind)}{count}";
    }
}
