using System.Text.Json;
using Consort.Foundation.Options;
using Consort.Server.Http;

namespace Consort.Server.Scoring;

/// <summary>The parts of a request to score or to explain, by their places in the body.</summary>
internal struct ScoreBody
{
    private static readonly string[] Keys = ["rows", "fields", "context", "candidates", "row"];

    public JsonPlace Rows;
    public JsonPlace Fields;
    public JsonPlace Context;
    public JsonPlace Candidates;
    public JsonPlace Row;

    /// <summary>Reads the whole body once, so that nothing is scored of one that is malformed further on.</summary>
    /// <exception cref="RequestException">400: no object, an unknown key, a key given twice.</exception>
    /// <exception cref="JsonException">No JSON, or too deep.</exception>
    public static ScoreBody Read(ReadOnlySpan<byte> json, Limits limits)
    {
        var reader = new Utf8JsonReader(json, limits.Json);
        var body = default(ScoreBody);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new RequestException(400, $"found {RowReader.Kind(reader.TokenType)}, expected an object with rows, or with context and candidates");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ref var place = ref body.Rows;
            if (reader.ValueTextEquals("rows"u8)) { }
            else if (reader.ValueTextEquals("candidates"u8))
                place = ref body.Candidates;
            else if (reader.ValueTextEquals("context"u8))
                place = ref body.Context;
            else if (reader.ValueTextEquals("fields"u8))
                place = ref body.Fields;
            else if (reader.ValueTextEquals("row"u8))
                place = ref body.Row;
            else
                throw Unknown(reader.ValueSpan);
            if (place.IsThere)
                throw new RequestException(400, $"found {RequestException.Show(reader.ValueSpan)} twice, expected it once");
            place = Next(ref reader);
        }

        // Throws where anything but blanks follows.
        reader.Read();
        return body;
    }

    /// <summary>The place of the value after a property's name; the reader then stands at its end.</summary>
    public static JsonPlace Next(ref Utf8JsonReader reader)
    {
        reader.Read();
        var start = reader.TokenStartIndex;
        reader.Skip();
        return new JsonPlace((int)start, (int)(reader.BytesConsumed - start));
    }

    /// <summary>A reader on a part of the body, which must be an array or an object.</summary>
    /// <exception cref="RequestException">400: it is something else.</exception>
    public static Utf8JsonReader Open(ReadOnlySpan<byte> part, JsonTokenType type, string name, Limits limits)
    {
        var reader = new Utf8JsonReader(part, limits.Json);
        reader.Read();
        return reader.TokenType == type
            ? reader
            : throw new RequestException(400, $"{name}: found {RowReader.Kind(reader.TokenType)}, expected {RowReader.Kind(type)}");
    }

    private static RequestException Unknown(ReadOnlySpan<byte> key)
    {
        var text = System.Text.Encoding.UTF8.GetString(key[..Math.Min(key.Length, 60)]);
        return new RequestException(400, $"found {RequestException.Show(key)}, expected one of {string.Join(", ", Keys)}{NearestWord.Hint(text, Keys)}");
    }
}
