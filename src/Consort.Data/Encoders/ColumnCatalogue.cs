using Consort.Data.Schemas;

namespace Consort.Data.Encoders;

/// <summary>
/// Reads back the columns of a schema: the categorical ones first, then the numeric ones, each in the schema's order with the generated
/// ones behind.
/// </summary>
internal static class ColumnCatalogue
{
    public static List<ColumnEncoder> Read(Schema schema, BinaryReader reader, Func<Vocabulary> vocabulary)
    {
        var columns = new List<ColumnEncoder>();
        var leaders = SharedVocabularies.Leaders(schema);
        ColumnEncoder[]? sources = null;
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
                if (field.Ages is not null)
                {
                    columns.Add(new SequenceAgeColumn(schema, i));
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
            sources ??= [.. columns];
            foreach (var (i, field) in schema.Generated.Index().Where(g => g.Item.IsNumber == numeric))
                columns.Add(ReadGenerated(field, schema.Fields.Count + i, sources, reader, vocabulary));
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

    private static ColumnEncoder ReadGenerated(Field field, int index, ColumnEncoder[] sources, BinaryReader reader,
        Func<Vocabulary> vocabulary)
    {
        if (field.Kind == FieldKind.Cross)
        {
            var parts = CrossKey.Of(field, sources);
            return field.Transform.Kind == TransformKind.Hash
                ? new CrossHashColumn(field.Name, index, parts, field.Transform.Count)
                : new CrossColumn(field.Name, index, parts, vocabulary());
        }
        var key = LookupKey.Of(field, sources);
        if (field.IsNumber) return new LookupNumber(field, index, key, NumberColumn.Read(reader));
        var (outs, ins) = LookupToken.Read(reader);
        return new LookupToken(field.Name, index, key, outs, ins);
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
            { Transform.Kind: TransformKind.Piecewise } => new PiecewiseColumn(field.Name, index, missing, PiecewiseColumn.Read(reader)),
            _ => new NumberColumn(field.Name, index, missing, field.Transform.Kind, field.Outside, NumberColumn.Read(reader)),
        };
    }
}
