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
                if (field.Kind is FieldKind.Label or FieldKind.Ignored) continue;
                var isNumeric = field.Kind == FieldKind.Numeric && !field.Transform.MakesTokens;
                if (isNumeric != numeric) continue;
                if (leaders[i] != i)
                {
                    columns.Add(columns.First(c => c.Field == leaders[i]).SharedBy(schema, i));
                    continue;
                }
                var missing = new MissingTexts(schema, field);
                for (var part = 0; part < field.Columns.Count; part++)
                {
                    var column = ReadColumn(field, i, part, missing, reader, vocabulary);
                    columns.Add(field.List is null ? column : new ListColumn(column, new ListCutter(schema, field, missing)));
                }
            }
        }
        return columns;
    }

    private static ColumnEncoder ReadColumn(Field field, int index, int part, MissingTexts missing, BinaryReader reader,
        Func<Vocabulary> vocabulary) => field switch
        {
            { Derive.Count: > 0 } => new CodeColumn<TimeCode>(field.Columns[part], index, missing, vocabulary(),
                new TimeCode(field.Derive[part])),
            { HasTokens: true, Transform.Kind: TransformKind.Hash } =>
                new HashColumn(field.Name, index, missing, field.Transform.Count),
            { HasTokens: true } => new TokenColumn(field.Name, index, missing, vocabulary()),
            { Transform.Kind: TransformKind.Log2Buckets } => new CodeColumn<BucketCode>(field.Name, index, missing, vocabulary(), default),
            { Transform.Kind: TransformKind.QuantileBuckets } =>
                new QuantileColumn(field.Name, index, missing, QuantileColumn.Read(reader)),
            _ => new NumberColumn(field.Name, index, missing, field.Transform.Kind, field.Outside, NumberColumn.Read(reader)),
        };
}
