using System.Globalization;
using System.Text;
using Consort.Foundation.Options;

namespace Consort.Data.Schemas;

/// <summary>Writes a schema in one way only, so that the text also serves as its identity.</summary>
internal static class SchemaWriter
{
    /// <summary>The schema as options; texts that a user chose stand in quotes, words of ours do not.</summary>
    public static OptionTree Tree(Schema schema, bool forKeys)
    {
        var keys = new List<(string, OptionTree)>
        {
            ("format", Words.Of(schema.Format)), ("delimiter", Text(schema.Delimiter.Text)), ("header", schema.Header),
            ("quoted", schema.Quoted), ("trim", schema.Trim), ("missing", Texts(schema.Missing)), ("min_count", schema.MinCount),
            ("pairs", Words.Of(schema.Pairs)), ("first_index", schema.FirstIndex),
        };
        // Of these formats alone, so that the text of other schemas says nothing of what they have not.
        if (schema.IsPairs) keys.Add(("absent", Words.Of(schema.Absent)));
        if (schema.NegativeShare < 1) keys.Add(("negative_share", schema.NegativeShare));
        keys.Add(("fields", OptionTree.Lines(schema.AllFields.Select(f => OptionTree.Keys(FieldKeys(f, forKeys))))));
        return OptionTree.Keys(keys);
    }

    /// <summary>The options as YAML: a key a line, a field a line.</summary>
    public static string Write(Schema schema, bool forKeys)
    {
        var text = new StringBuilder();
        foreach (var entry in ((OptionGroup)Tree(schema, forKeys)).Entries)
        {
            text.Append(entry.Key).Append(':');
            if (entry.Value is OptionList { IsInline: false } fields)
            {
                text.Append('\n');
                foreach (var field in fields.Items) text.Append("  - ").Append(Inline(field, isField: true)).Append('\n');
            }
            else
            {
                text.Append(' ').Append(Inline(entry.Value)).Append('\n');
            }
        }

        return text.ToString();
    }

    private static IEnumerable<(string, OptionTree)> FieldKeys(Field field, bool forKeys)
    {
        yield return ("name", Text(field.Name));
        yield return ("kind", Words.Of(field.Kind));
        if (field.Transform.Kind != TransformKind.None)
        {
            var count = field.Transform.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $": {field.Transform.Count}") : "";
            yield return ("transform", Text(Words.Of(field.Transform.Kind) + count));
        }

        // What a text leaves out: of a schema the default, of a fitted one what was before there was the key.
        if (field.IsNumber && field.Outside != (forKeys ? OutsideRule.Keep : OutsideRule.Clip))
            yield return ("outside", Words.Of(field.Outside));
        if (field.Missing is not null) yield return ("missing", Texts(field.Missing));
        if (field.MinCount is { } minCount) yield return ("min_count", minCount);
        if (field.List is { } list)
        {
            yield return ("splitter", Text(list.Splitter.Text));
            yield return ("max_len", list.MaxLength);
            yield return ("keep", Words.Of(list.Keep));
            yield return ("pooling", Words.Of(list.Pooling));
            if (list.WeightSplitter is { } weight) yield return ("weight_splitter", Text(weight.Text));
        }

        if (field.Ages is { } ages)
        {
            yield return ("ages_of", Text(ages.Of));
            yield return ("until", Text(ages.Until));
            yield return ("buckets", ages.Buckets);
            yield return ("unit", Words.Of(ages.Unit));
            yield return ("order", Words.Of(ages.Order));
        }

        if (field.Share is not null) yield return ("share", Text(field.Share));
        if (field.Format != TimeFormat.Auto) yield return ("format", Words.Of(field.Format));
        if (field.Zone != TimeSpan.Zero) yield return ("zone", Text(TimeZones.Show(field.Zone)));
        if (field.Derive.Count > 0) yield return ("derive", Texts(field.Derive.Select(Words.Of)));
        if (field.Since is not null) yield return ("since", Text(field.Since));
        if (field.IsGroup) yield return ("group", true);
        if (field.Of.Count > 0) yield return ("of", Texts(field.Of));
        if (field.Key is not null) yield return ("key", Text(field.Key));
        if (field.In is not null) yield return ("in", Text(field.In));
        if (field.Result != LookupResult.Number) yield return ("result", Words.Of(field.Result));
        if (field.Values.Count > 0)
        {
            yield return ("values", OptionTree.Keys(field.Values.OrderBy(p => p.Key, StringComparer.Ordinal)
                .Select(p => (p.Key, (OptionTree)p.Value))));
        }
    }

    private static OptionTree Text(string text) => OptionTree.Quoted(text);

    private static OptionTree Texts(IEnumerable<string> texts) => OptionTree.List(texts.Select(Text));

    // The keys of a field are words of ours, those below are texts of its data.
    private static string Inline(OptionTree tree, bool isField = false) => tree switch
    {
        OptionList list => $"[{string.Join(", ", list.Items.Select(i => Inline(i)))}]",
        OptionGroup group =>
            $"{{{string.Join(", ", group.Entries.Select(e => $"{(isField ? e.Key : QuotedYaml.Of(e.Key))}: {Inline(e.Value)}"))}}}",
        OptionScalar { IsQuoted: true, Value: var text } => QuotedYaml.Of(text),
        _ => ((OptionScalar)tree).Value,
    };
}
