using System.Globalization;
using System.Text.Json;
using Consort.Data.Encoders;
using Consort.Onnx;

namespace Consort.Benchmarks.Peers;

/// <summary>Raw impressions as inputs of a written ONNX model, in JSON: { name: { type, dims, data } }.</summary>
internal static class OnnxFeeds
{
    /// <summary>Writes what the model is fed.</summary>
    /// <param name="json">Gets an object.</param>
    /// <param name="encoder">The model's.</param>
    /// <param name="summary">What the model reads.</param>
    /// <param name="input">Its form.</param>
    /// <param name="rows">Raw values in UTF-8, in the order of the fields that make columns.</param>
    public static void Write(Utf8JsonWriter json, Encoder encoder, OnnxSummary summary, OnnxInput input,
        ReadOnlySpan<ReadOnlyMemory<byte>[]> rows)
    {
        int width = encoder.Space.Categorical.Count, numerics = encoder.Space.Numeric.Count;
        int[] fields = [.. encoder.Schema.Fields.Index().Where(f => f.Item.Columns.Count > 0).Select(f => f.Index)];
        (var ids, var numbers) = Encode(encoder, rows);
        json.WriteStartObject();
        for (var i = 0; i < summary.Inputs.Count; i++)
        {
            var port = summary.Inputs[i];
            json.WriteStartObject(port.Name);
            json.WriteString("type", port.Type switch { "float" => "float32", "double" => "float64", _ => port.Type });
            json.WriteStartArray("dims");
            json.WriteNumberValue(rows.Length);
            json.WriteNumberValue(input == OnnxInput.Raw ? 1 : port.Type == "int64" ? width : numerics);
            json.WriteEndArray();
            json.WriteStartArray("data");
            if (input == OnnxInput.Raw) WriteField(json, encoder, fields[i], i, port, rows, ids);
            else if (port.Type == "int64")
                foreach (var id in ids) json.WriteNumberValue(id);
            else
                foreach (var number in numbers) json.WriteNumberValue(number);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    /// <summary>The ids [B, F] and numbers [B, N] of raw values.</summary>
    public static (int[] Ids, float[] Numbers) Encode(Encoder encoder, ReadOnlySpan<ReadOnlyMemory<byte>[]> rows)
    {
        int width = encoder.Space.Categorical.Count, numerics = encoder.Space.Numeric.Count;
        var ids = new int[rows.Length * width];
        var numbers = new float[rows.Length * numerics];
        int[] fields = [.. encoder.Schema.Fields.Index().Where(f => f.Item.Columns.Count > 0).Select(f => f.Index)];
        for (var row = 0; row < rows.Length; row++)
        {
            var own = ids.AsSpan(row * width, width);
            var numeric = numbers.AsSpan(row * numerics, numerics);
            encoder.Clear(own, numeric);
            for (var f = 0; f < fields.Length; f++) encoder.EncodeField(fields[f], rows[row][f].Span, own, numeric);
        }
        return (ids, numbers);
    }

    // A raw form has an input for each field, in their order.
    private static void WriteField(Utf8JsonWriter json, Encoder encoder, int field, int place, OnnxPort port,
        ReadOnlySpan<ReadOnlyMemory<byte>[]> rows, int[] ids)
    {
        var width = encoder.Space.Categorical.Count;
        var column = encoder.Schema.Fields[field].Columns[0];
        var categorical = encoder.Space.Categorical.Index().FirstOrDefault(c => c.Item.Name == column, (-1, null!)).Index;
        for (var row = 0; row < rows.Length; row++)
        {
            var value = rows[row][place].Span;
            if (port.Type == "string") json.WriteStringValue(value);
            else if (port.Type == "int64") json.WriteNumberValue(ids[(row * width) + categorical]);
            else if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                json.WriteNumberValue(number);
            else json.WriteNullValue(); // NaN: missing
        }
    }
}
