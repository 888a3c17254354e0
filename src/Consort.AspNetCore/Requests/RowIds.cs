using System.Text.Json;

namespace Consort.AspNetCore.Requests;

/// <summary>Ids of rows: an array of strings or numbers.</summary>
internal static class RowIds
{
    /// <summary>Takes an id in UTF-8.</summary>
    public delegate void TakeId(ReadOnlySpan<byte> id);

    /// <summary>How many there are.</summary>
    /// <exception cref="RequestException">400: one is neither a string nor a number, or too long. 413: too many.</exception>
    public static int Count(ReadOnlySpan<byte> array, Limits limits)
    {
        var reader = JsonParts.Open(array, JsonTokenType.StartArray, "ids", limits);
        var count = 0;
        for (; reader.Read() && reader.TokenType != JsonTokenType.EndArray; count++)
        {
            limits.CheckRows(count + 1);
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number))
                throw new RequestException(400, $"ids[{count}]: found {JsonParts.Kind(reader.TokenType)}, expected a string or a number");
            if (reader.ValueSpan.Length > limits.Value)
                throw new RequestException(400, $"ids[{count}]: found an id of {reader.ValueSpan.Length} bytes, expected at most {limits.Value}");
        }

        return count;
    }

    /// <summary>Gives each, after <see cref="Count"/> has looked at all.</summary>
    public static void Each(ReadOnlySpan<byte> array, ValueBuffers values, Limits limits, TakeId take)
    {
        var reader = JsonParts.Open(array, JsonTokenType.StartArray, "ids", limits);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            take(reader.TokenType == JsonTokenType.String ? values.Text(ref reader) : reader.ValueSpan);
    }
}
