using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consort.Foundation.Numbers;

namespace Consort.Learning.Training;

/// <summary>
/// A number of a checkpoint's state: a run goes on bit by bit, so minus infinity, where the best so far begins, is told from NaN. It is
/// written as a word, which nobody but training reads.
/// </summary>
internal sealed class ExactNumber : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonNumbers.Read(ref reader);

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsFinite(value))
            writer.WriteNumberValue(value);
        else
            writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }
}

/// <summary>A list of <see cref="ExactNumber"/>.</summary>
internal sealed class ExactNumbers : JsonConverter<double[]>
{
    private static readonly ExactNumber One = new();

    public override double[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("expected a list of numbers");
        var values = new List<double>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            values.Add(JsonNumbers.Read(ref reader));
        return [.. values];
    }

    public override void Write(Utf8JsonWriter writer, double[] value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var number in value)
            One.Write(writer, number, options);
        writer.WriteEndArray();
    }
}
