using System.Text;
using System.Text.Json;
using Consort.Foundation.Options;

namespace Consort.AspNetCore.Requests;

/// <summary>A value of JSON by its place in the body; nothing is copied until it is used.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="Length">How long it is; 0 where there is none.</param>
internal readonly record struct JsonPlace(int Start, int Length)
{
    public bool IsThere => Length > 0;

    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> body) => body.Slice(Start, Length);
}

/// <summary>Objects of known keys, read from end to end before anything is made of them.</summary>
internal static class JsonParts
{
    /// <summary>Finds the values of an object's keys; the reader stands on its beginning, and afterwards on its end.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="keys">The keys that there may be.</param>
    /// <param name="places">Where the value of each key is; those that are not given stay as they are.</param>
    /// <param name="where">What a message begins with.</param>
    /// <exception cref="RequestException">400: an unknown key, or one that is given twice.</exception>
    public static void Find(ref Utf8JsonReader reader, string[] keys, Span<JsonPlace> places, string where = "")
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = 0;
            while (key < keys.Length && !reader.ValueTextEquals(keys[key]))
                key++;
            if (key == keys.Length)
            {
                var text = Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, 60)]);
                throw new RequestException(400,
                    $"{where}found {RequestException.Show(reader.ValueSpan)}, expected one of {string.Join(", ", keys)}{NearestWord.Hint(text, keys)}");
            }

            if (places[key].IsThere)
                throw new RequestException(400, $"{where}found {RequestException.Show(reader.ValueSpan)} twice, expected it once");
            places[key] = Next(ref reader);
        }
    }

    /// <summary>Finds the values of a whole body, which is an object and nothing more.</summary>
    /// <exception cref="RequestException">400: it is something else, or as of <see cref="Find"/>.</exception>
    /// <exception cref="JsonException">No JSON, or too deep.</exception>
    public static void FindAll(ReadOnlySpan<byte> body, string[] keys, Span<JsonPlace> places, string expected, Limits limits)
    {
        BodyText.Check(body, limits);
        var reader = new Utf8JsonReader(body, limits.Json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new RequestException(400, $"found {Kind(reader.TokenType)}, expected {expected}");
        Find(ref reader, keys, places);
        // Throws where anything but blanks follows.
        reader.Read();
    }

    /// <summary>The place of the value after a property's name; the reader then stands at its end.</summary>
    public static JsonPlace Next(ref Utf8JsonReader reader)
    {
        reader.Read();
        var start = reader.TokenStartIndex;
        reader.Skip();
        return new JsonPlace((int)start, (int)(reader.BytesConsumed - start));
    }

    /// <summary>A reader on a part of the body, which must be of a type.</summary>
    /// <exception cref="RequestException">400: it is something else.</exception>
    public static Utf8JsonReader Open(ReadOnlySpan<byte> part, JsonTokenType type, string name, Limits limits)
    {
        var reader = new Utf8JsonReader(part, limits.Json);
        reader.Read();
        return reader.TokenType == type
            ? reader : throw new RequestException(400, $"{name}: found {Kind(reader.TokenType)}, expected {Kind(type)}");
    }

    /// <summary>What a token is called in messages.</summary>
    public static string Kind(JsonTokenType type) => type switch
    {
        JsonTokenType.StartArray => "an array",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Null => "null",
        JsonTokenType.Number => "a number",
        JsonTokenType.String => "a string",
        _ => "nothing",
    };
}
