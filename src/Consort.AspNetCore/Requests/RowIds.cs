using System.IO.Hashing;
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

    /// <summary>Checks, after <see cref="Count"/>, that each is there once: of two labels for one nobody could say which counts.</summary>
    /// <exception cref="RequestException">400: an id that is there again.</exception>
    public static void CheckOnce(ReadOnlySpan<byte> array, ValueBuffers values, Limits limits)
    {
        var (seen, at) = (new Dictionary<ulong, int>(), 0);
        Each(array, values, limits, id =>
        {
            if (!seen.TryAdd(XxHash3.HashToUInt64(id), at))
                throw new RequestException(400,
                    $"ids[{at}]: found {RequestException.Show(id)} again, as ids[{seen[XxHash3.HashToUInt64(id)]}] is, expected each id once");
            at++;
        });
    }

    /// <summary>Gives each, after <see cref="Count"/> has looked at all.</summary>
    public static void Each(ReadOnlySpan<byte> array, ValueBuffers values, Limits limits, TakeId take)
    {
        var reader = JsonParts.Open(array, JsonTokenType.StartArray, "ids", limits);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            take(reader.TokenType == JsonTokenType.String ? values.Text(ref reader) : reader.ValueSpan);
    }
}
