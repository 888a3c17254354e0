using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Consort.Data.Numbers;

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

    /// <summary>Reads a number: null is NaN.</summary>
    /// <exception cref="FormatException">A text that is no number.</exception>
    /// <exception cref="InvalidOperationException">Something else than a number, a text or null.</exception>
    public static double Read(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => double.NaN,
        JsonValueKind.String => double.Parse(value.GetString()!, CultureInfo.InvariantCulture),
        _ => value.GetDouble(),
    };

    /// <summary>Reads the number on which a reader stands: null is NaN.</summary>
    /// <exception cref="JsonException">Something else than a number.</exception>
    public static double Read(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => double.NaN,
        JsonTokenType.String when double.TryParse(reader.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double named) => named,
        JsonTokenType.Number => reader.GetDouble(),
        _ => throw new JsonException("expected a number or null"),
    };

    /// <summary>Writes a number, or null for one that is not finite.</summary>
    public static void Write(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value)) writer.WriteNumberValue(value);
        else writer.WriteNullValue();
    }

    private sealed class Doubles : JsonConverter<double>
    {
        public override bool HandleNull => true;

        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => JsonNumbers.Read(ref reader);

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) => JsonNumbers.Write(writer, value);
    }

    private sealed class Floats : JsonConverter<float>
    {
        public override bool HandleNull => true;

        public override float Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => (float)JsonNumbers.Read(ref reader);

        public override void Write(Utf8JsonWriter writer, float value, JsonSerializerOptions options)
        {
            if (float.IsFinite(value)) writer.WriteNumberValue(value);
            else writer.WriteNullValue();
        }
    }
}
