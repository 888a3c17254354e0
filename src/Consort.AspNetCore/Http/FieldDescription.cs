using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consort.AspNetCore.Registry;
using Consort.Data.Encoders;
using Consort.Data.Schemas;

namespace Consort.AspNetCore.Http;

/// <summary>What may be sent of each field of a model: its kind, how values are written, and, where that is wanted, some of them.</summary>
internal static class FieldDescription
{
    /// <summary>Describes the fields that a model reads.</summary>
    /// <param name="fields">The fields.</param>
    /// <param name="encoder">What was fitted of them.</param>
    /// <param name="examples">How many tokens of each vocabulary may be shown, and whether a number may: they are training data.</param>
    public static JsonArray All(FieldTable fields, Encoder encoder, int examples) =>
        new([.. fields.Names.Select((name, place) => One(name, fields.Kinds[place], encoder, examples))]);

    private static JsonObject One(string name, FieldKind kind, Encoder encoder, int examples)
    {
        var index = encoder.FieldIndex(name);
        var field = encoder.Schema.Fields[index];
        var json = new JsonObject { ["name"] = name, ["kind"] = Word(kind) };
        if (field.List is { } list)
        {
            json["splitter"] = list.Splitter.Text;
            json["max_len"] = list.MaxLength;
            json["weight_splitter"] = list.WeightSplitter?.Text;
        }

        if (field.Ages is { } ages)
            (json["ages_of"], json["until"], json["order"]) = (ages.Of, ages.Until, Word(ages.Order));

        Span<byte> time = stackalloc byte[64];
        if (encoder.WriteTime(index, DateTimeOffset.UtcNow, time) is > 0 and var length)
        {
            json["format"] = Word(field.Kind == FieldKind.Time || field.Ages is not null ? field.Format : TimeFormat.Yymmddhh);
            if (field.Ages is null) // times fit a history; by themselves they are none that may be sent
                json["example"] = System.Text.Encoding.UTF8.GetString(time[..length]);
        }
        else if (kind == FieldKind.Boolean)
            json["example"] = "true";
        else if (examples > 0 && encoder.Middle(index) is { } middle)
            json["example"] = double.Parse(middle.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        // Only what has a vocabulary of its own has tokens that may be sent.
        if (examples > 0 && encoder.Space.Categorical.FirstOrDefault(c => c.Name == name) is { } column
            && kind is FieldKind.Categorical or FieldKind.List or FieldKind.Sequence && field.Transform.Kind == TransformKind.None
            && field is { Derive.Count: 0, Ages: null })
            json["examples"] = new JsonArray([.. Enumerable.Range(2, Math.Clamp(column.Size - 2, 0, examples))
                .Select(id => (JsonNode)encoder.Token(column.Offset + id))]);
        return json;
    }

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
