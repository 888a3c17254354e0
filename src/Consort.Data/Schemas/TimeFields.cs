using Consort.Foundation.Options;

namespace Consort.Data.Schemas;

/// <summary>What fields that hold times may say.</summary>
internal static class TimeFields
{
    private static readonly TimePart[] OldParts = [TimePart.Hour, TimePart.Weekday, TimePart.Weekend];

    /// <summary>Checks a field by itself.</summary>
    /// <exception cref="ConsortException">Its keys do not fit together.</exception>
    public static void Check(Field field, string where)
    {
        var isTime = field.Kind == FieldKind.Time;
        if (field.Derive.Count > 0 && !isTime && (field.Kind != FieldKind.Categorical || field.Transform.Kind != TransformKind.None))
            throw new ConsortException($"{where}: derive needs kind time, or kind categorical without a transform, found kind {Words.Of(field.Kind)} with transform {Words.Of(field.Transform.Kind)}");
        if (!isTime && field.Derive.Except(OldParts).FirstOrDefault(TimePart.Hour) is var part and not TimePart.Hour)
            throw new ConsortException($"{where}: derive {Words.Of(part)} needs kind time, found kind {Words.Of(field.Kind)}");
        if (!isTime && ((field.Format != TimeFormat.Auto && field.Ages is null) || field.Zone != TimeSpan.Zero || field.Since is not null))
            throw new ConsortException($"{where}: format, zone and since belong to kind time, found kind {Words.Of(field.Kind)}");
        if (!isTime) return;
        if (field.Derive.Contains(TimePart.Age) != field.Since is not null)
            throw new ConsortException($"{where}: derive age and since: FIELD, the time it is counted from, belong together, found {(field.Since is null ? "no since" : "no age among derive")}");
        if (field.Transform.Kind is not (TransformKind.None or TransformKind.Standardise or TransformKind.MinMax))
            throw new ConsortException($"{where}: found transform {Words.Of(field.Transform.Kind)}, expected none, standardise or min_max, which is the age's");
        if (field.Transform.Kind != TransformKind.None && field.Since is null)
            throw new ConsortException($"{where}: transform belongs to the age of a time, expected derive: [age]");
    }

    /// <summary>Checks what fields say of one another.</summary>
    /// <exception cref="ConsortException">An age counts from what is no time.</exception>
    public static void Check(Schema schema, string where)
    {
        foreach (var field in schema.Fields.Where(f => f.Since is not null))
        {
            var other = schema.Fields.FirstOrDefault(f => f.Name == field.Since);
            if (other is { Kind: FieldKind.Time } && other != field) continue;
            var times = schema.Fields.Where(f => f.Kind == FieldKind.Time && f != field).Select(f => f.Name).ToArray();
            throw new ConsortException(other is null
                ? $"{where}, field {field.Name}, since: found no field named {field.Since}{NearestWord.Hint(field.Since!, times)}"
                : $"{where}, field {field.Name}, since: found {field.Since}, expected another field of kind time");
        }
    }

    /// <summary>The place of the field that an age is counted from; −1 where there is none.</summary>
    public static int SinceOf(Schema schema, Field field) =>
        field.Since is null ? -1 : schema.Fields.Select(f => f.Name).ToList().IndexOf(field.Since);
}
