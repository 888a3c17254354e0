using Consort.Foundation.Options;

namespace Consort.Data.Schemas;

/// <summary>What sequences of times may say, and what they take over from the history that they stand beside.</summary>
internal static class AgeFields
{
    /// <summary>Gives those that say nothing of it the length and the end of their history.</summary>
    /// <param name="fields">All fields.</param>
    /// <param name="says">Which keys a field has, by its name.</param>
    public static IEnumerable<Field> Completed(IReadOnlyList<Field> fields, Func<Field, string, bool> says) => fields.Select(field =>
        field is { Ages: { } ages, List: { } list } && fields.FirstOrDefault(f => f.Name == ages.Of)?.List is { } history
            ? field with
            {
                List = list with
                {
                    MaxLength = says(field, "max_len") ? list.MaxLength : history.MaxLength,
                    Keep = says(field, "keep") ? list.Keep : history.Keep,
                },
            }
            : field);

    /// <summary>The places of a field's history and of the row's time; −1 of fields that are no times of steps.</summary>
    public static (int History, int Until) PlacesOf(Schema schema, Field field)
    {
        var names = schema.Fields.Select(f => f.Name).ToList();
        return field.Ages is { } ages ? (names.IndexOf(ages.Of), names.IndexOf(ages.Until)) : (-1, -1);
    }

    /// <summary>Checks all of them.</summary>
    /// <exception cref="ConsortException">Something does not fit.</exception>
    public static void Check(Schema schema, string where)
    {
        foreach (var field in schema.Fields.Where(f => f.Ages is not null))
            Check(schema, field, field.Ages!, $"{where}, field {field.Name}");
    }

    private static void Check(Schema schema, Field field, SequenceAges ages, string where)
    {
        if (field.Kind != FieldKind.Sequence)
            throw new ConsortException($"{where}: ages_of, until, buckets, unit and order belong to kind sequence, found kind {Words.Of(field.Kind)}");
        if (field.Transform.Kind != TransformKind.None || field.Share is not null || field.MinCount is not null
            || field.List!.WeightSplitter is not null)
            throw new ConsortException($"{where}: transform, share, min_count and weight_splitter belong to tokens, found them beside ages_of: the buckets of ages are fixed");
        if (ages.Buckets is < 2 or > SequenceAges.MostBuckets)
            throw new ConsortException($"{where}, buckets: found {ages.Buckets}, expected 2 to {SequenceAges.MostBuckets}");
        var histories = schema.Fields.Where(f => f is { Kind: FieldKind.Sequence, Ages: null }).Select(f => f.Name).ToArray();
        var history = Named(schema, ages.Of, histories, $"{where}, ages_of", "the sequence whose steps these are the times of");
        var times = schema.Fields.Where(f => f.Kind == FieldKind.Time).Select(f => f.Name).ToArray();
        Named(schema, ages.Until, times, $"{where}, until", "the row's own time, a field of kind time");
        if (history.List!.MaxLength != field.List.MaxLength || history.List.Keep != field.List.Keep)
            throw new ConsortException($"{where}: found max_len {field.List.MaxLength} and keep {Words.Of(field.List.Keep)} beside {history.List.MaxLength} and {Words.Of(history.List.Keep)} of {ages.Of}, expected the same, so that both are cut alike; leave them out");
    }

    private static Field Named(Schema schema, string name, string[] known, string where, string expected)
    {
        if (known.Contains(name)) return schema.Fields.First(f => f.Name == name);
        var found = schema.AllFields.FirstOrDefault(f => f.Name == name) is { } other
            ? $"{name} of kind {Words.Of(other.Kind)}{(other.Ages is null ? "" : ", times themselves")}" : $"no field named {name}";
        throw new ConsortException($"{where}: found {found}, expected {expected}{(known.Length == 0 ? "; there is none" : NearestWord.Hint(name, known))}");
    }
}
