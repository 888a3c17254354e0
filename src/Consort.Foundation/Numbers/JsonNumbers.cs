using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Consort.Foundation.Numbers;

/// <summary>
/// How numbers stand in every JSON text: one that is not finite (the AUC of rows of one class, a ratio to no clicks) is <c>null</c>, for
/// JSON has no other word for it. What reads them back takes <c>null</c> for NaN, and the words <c>"NaN"</c>, <c>"Infinity"</c> and
/// <c>"-Infinity"</c> that files of earlier versions hold.
/// </summary>
public static class JsonNumbers
{
    /// <summary>Makes options write and read numbers so.</summary>
    /// <returns>The same options.</returns>
    public static JsonSerializerOptions In(JsonSerializerOptions options)
    {
        options.Converters.Add(new Doubles());
        options.Converters.Add(new Floats());
        return options;
    }

    /// <summary>Reads the number on which a reader stands: null is NaN.</summary>
    /// <exception cref="JsonException">Something else than a number.</exception>
    public static double Read(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => double.NaN,
        JsonTokenType.String when double.TryParse(reader.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var named) =>
            named,
        JsonTokenType.Number => reader.GetDouble(),
        _ => throw new JsonException("expected a number or null"),
    };

    /// <summary>Writes a number, or null for one that is not finite.</summary>
    public static void Write(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value)) writer.WriteNumberValue(value);
        else writer.WriteNullValue();
    }

    /// <summary>A JSON text in which null stands where an earlier version wrote the word of a number that is not finite.</summary>
    /// <returns>The root, or null where it is null.</returns>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static JsonElement? Clean(ReadOnlySpan<byte> json)
    {
        var root = Clean(JsonNode.Parse(json));
        return root is null ? null : JsonElement.Parse(root.ToJsonString());
    }

    /// <summary>Puts null in the place of numbers, and of words of numbers, that are not finite.</summary>
    /// <returns>The same node, or null in its place.</returns>
    public static JsonNode? Clean(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var key in map.Select(p => p.Key).ToArray())
                {
                    if (Clean(map[key]) is null) map[key] = null;
                }
                return map;
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                {
                    if (Clean(list[i]) is null) list[i] = null;
                }
                return list;
            case JsonValue value when IsNotFinite(value):
                return null;
            default:
                return node;
        }
    }

    private static bool IsNotFinite(JsonValue value) =>
        (value.TryGetValue(out string? word) && word is "NaN" or "Infinity" or "-Infinity")
        || (value.TryGetValue(out double number) && !double.IsFinite(number))
        || (value.TryGetValue(out float single) && !float.IsFinite(single));

    private sealed class Doubles : JsonConverter<double>
    {
        public override bool HandleNull => true;

        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonNumbers.Read(ref reader);

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) => JsonNumbers.Write(writer, value);
    }

    private sealed class Floats : JsonConverter<float>
    {
        public override bool HandleNull => true;

        public override float Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            (float)JsonNumbers.Read(ref reader);

        public override void Write(Utf8JsonWriter writer, float value, JsonSerializerOptions options)
        {
            if (float.IsFinite(value)) writer.WriteNumberValue(value);
            else writer.WriteNullValue();
        }
    }
}
