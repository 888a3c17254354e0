using Consort.Data.Schemas;

namespace Consort.Data.Encoders;

/// <summary>Reads back the columns of a schema: the categorical ones first, then the numeric ones, each in the schema's order.</summary>
internal static class ColumnCatalogue
{
    public static List<ColumnEncoder> Read(Schema schema, BinaryReader reader, Func<Vocabulary> vocabulary)
    {
        var columns = new List<ColumnEncoder>();
        var leaders = SharedVocabularies.Leaders(schema);
        foreach (var numeric in new[] { false, true })
        {
            for (var i = 0; i < schema.Fields.Count; i++)
            {
                var field = schema.Fields[i];
                if (!field.Columns.Any(c => IsNumeric(field, c) == numeric)) continue;
                if (leaders[i] != i)
                {
                    columns.Add(columns.First(c => c.Field == leaders[i]).SharedBy(schema, i));
                    continue;
                }
                var missing = new MissingTexts(schema, field);
                for (var part = 0; part < field.Columns.Count; part++)
                {
                    if (IsNumeric(field, field.Columns[part]) != numeric) continue;
                    var column = ReadColumn(schema, i, part, missing, reader, vocabulary);
                    columns.Add(field.List is null ? column : new ListColumn(column, new ListCutter(schema, field, missing)));
                }
            }
        }
        return columns;
    }

    private static bool IsNumeric(Field field, string column) => !field.TokenColumns.Contains(column);

    private static AgeColumn ReadAge(Schema schema, int index, MissingTexts missing, BinaryReader reader)
    {
        var beside = TimeFields.SinceOf(schema, schema.Fields[index]);
        var since = schema.Fields[beside];
        return new AgeColumn(
            schema.Fields[index], index, missing, since, beside, new MissingTexts(schema, since), NumberColumn.Read(reader));
    }

    private static BooleanColumn ReadBoolean(string name, int index, MissingTexts missing, BinaryReader reader)
    {
        var (noes, yeses) = BooleanColumn.Read(reader);
        return new BooleanColumn(name, index, missing, noes, yeses);
    }

    private static ColumnEncoder ReadColumn(Schema schema, int index, int part, MissingTexts missing, BinaryReader reader,
        Func<Vocabulary> vocabulary)
    {
        var field = schema.Fields[index];
        return field switch
        {
            { Derive.Count: > 0 } when field.Derive[part] == TimePart.Age => ReadAge(schema, index, missing, reader),
            { Derive.Count: > 0 } => new CodeColumn<TimeCode>(field.Columns[part], index, missing, vocabulary(),
                new TimeCode(field.Derive[part], field.WrittenAs, field.Zone)),
            { Kind: FieldKind.Boolean } => ReadBoolean(field.Name, index, missing, reader),
            { HasTokens: true, Transform.Kind: TransformKind.Hash } =>
                new HashColumn(field.Name, index, missing, field.Transform.Count),
            { HasTokens: true } => new TokenColumn(field.Name, index, missing, vocabulary()),
            { Transform.Kind: TransformKind.Log2Buckets } => new CodeColumn<BucketCode>(field.Name, index, missing, vocabulary(), default),
            { Transform.Kind: TransformKind.QuantileBuckets } =>
                new QuantileColumn(field.Name, index, missing, QuantileColumn.Read(reader)),
            _ => new NumberColumn(field.Name, index, missing, field.Transform.Kind, field.Outside, NumberColumn.Read(reader)),
        };
    }
}
