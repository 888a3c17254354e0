using System.Globalization;
using System.Text;
using Consort.Foundation.Options;

namespace Consort.Data.Schemas;

/// <summary>Writes a schema as YAML, in one way only, so that the text also serves as its identity.</summary>
internal static class SchemaWriter
{
    public static string Write(Schema schema, bool forKeys)
    {
        var text = new StringBuilder();
        text.Append("format: ").Append(Words.Of(schema.Format)).Append('\n');
        text.Append("delimiter: ").Append(QuotedYaml.Of(schema.Delimiter.Text)).Append('\n');
        text.Append("header: ").Append(Flag(schema.Header)).Append('\n');
        text.Append("quoted: ").Append(Flag(schema.Quoted)).Append('\n');
        text.Append("trim: ").Append(Flag(schema.Trim)).Append('\n');
        text.Append("missing: ").Append(List(schema.Missing)).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"min_count: {schema.MinCount}\n");
        text.Append("pairs: ").Append(Words.Of(schema.Pairs)).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"first_index: {schema.FirstIndex}\n");
        // Of these formats alone, so that the text of other schemas says nothing of what they have not.
        if (schema.IsPairs) text.Append("absent: ").Append(Words.Of(schema.Absent)).Append('\n');
        if (schema.NegativeShare < 1) text.Append(CultureInfo.InvariantCulture, $"negative_share: {schema.NegativeShare:R}\n");
        text.Append("fields:\n");
        foreach (var field in schema.AllFields)
        {
            text.Append("  - {name: ").Append(QuotedYaml.Of(field.Name)).Append(", kind: ").Append(Words.Of(field.Kind));
            if (field.Transform.Kind != TransformKind.None)
            {
                var count = field.Transform.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $": {field.Transform.Count}") : "";
                text.Append(", transform: ").Append(QuotedYaml.Of(Words.Of(field.Transform.Kind) + count));
            }
            // What a text leaves out: of a schema the default, of a fitted one what was before there was the key.
            if (field.IsNumber && field.Outside != (forKeys ? OutsideRule.Keep : OutsideRule.Clip))
                text.Append(", outside: ").Append(Words.Of(field.Outside));
            if (field.Missing is not null) text.Append(", missing: ").Append(List(field.Missing));
            if (field.MinCount is { } minCount) text.Append(CultureInfo.InvariantCulture, $", min_count: {minCount}");
            if (field.List is { } list)
            {
                text.Append(", splitter: ").Append(QuotedYaml.Of(list.Splitter.Text));
                text.Append(CultureInfo.InvariantCulture, $", max_len: {list.MaxLength}, keep: {Words.Of(list.Keep)}");
                text.Append(", pooling: ").Append(Words.Of(list.Pooling));
                if (list.WeightSplitter is { } weight) text.Append(", weight_splitter: ").Append(QuotedYaml.Of(weight.Text));
            }
            if (field.Share is not null) text.Append(", share: ").Append(QuotedYaml.Of(field.Share));
            if (field.Format != TimeFormat.Auto) text.Append(", format: ").Append(Words.Of(field.Format));
            if (field.Zone != TimeSpan.Zero) text.Append(", zone: ").Append(QuotedYaml.Of(TimeZones.Show(field.Zone)));
            if (field.Derive.Count > 0) text.Append(", derive: ").Append(List(field.Derive.Select(Words.Of)));
            if (field.Since is not null) text.Append(", since: ").Append(QuotedYaml.Of(field.Since));
            if (field.IsGroup) text.Append(", group: true");
            if (field.Of.Count > 0) text.Append(", of: ").Append(List(field.Of));
            if (field.Key is not null) text.Append(", key: ").Append(QuotedYaml.Of(field.Key));
            if (field.In is not null) text.Append(", in: ").Append(QuotedYaml.Of(field.In));
            if (field.Result != LookupResult.Number) text.Append(", result: ").Append(Words.Of(field.Result));
            if (field.Values.Count > 0)
            {
                var pairs = field.Values.OrderBy(p => p.Key, StringComparer.Ordinal)
                    .Select(p => string.Create(CultureInfo.InvariantCulture, $"{QuotedYaml.Of(p.Key)}: {p.Value}"));
                text.Append(", values: {").AppendJoin(", ", pairs).Append('}');
            }
            text.Append("}\n");
        }
        return text.ToString();
    }

    private static string Flag(bool value) => value ? "true" : "false";

    private static string List(IEnumerable<string> texts) => "[" + string.Join(", ", texts.Select(QuotedYaml.Of)) + "]";
}
