using System.Text.Json;
using Consort.AspNetCore.Requests;

namespace Consort.AspNetCore.Inference;

/// <summary>
/// The parameters of a request, an input or an output that mean something here: those of the binary tensor data extension. Others are
/// passed over, but for those that ask for what there is not.
/// </summary>
internal readonly record struct InferParameters(int? BinarySize, bool? BinaryData, bool? BinaryOutput)
{
    /// <summary>Those that ask for what there is not.</summary>
    public static readonly string[] NotSpoken = ["shared_memory_region", "classification"];

    /// <summary>Reads them; null is none.</summary>
    /// <exception cref="RequestException">400: another type, one given twice, or what is not spoken.</exception>
    public static InferParameters Read(ReadOnlySpan<byte> json, string where, Limits limits)
    {
        var found = default(InferParameters);
        if (json.IsEmpty)
            return found;
        var reader = new Utf8JsonReader(json, limits.Json);
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
            return found;
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new RequestException(400, $"{where}: found {JsonParts.Kind(reader.TokenType)}, expected an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("binary_data_size"u8))
                found = found with { BinarySize = Size(ref reader, found.BinarySize.HasValue, where) };
            else if (reader.ValueTextEquals("binary_data"u8))
                found = found with { BinaryData = Flag(ref reader, found.BinaryData.HasValue, $"{where}, binary_data") };
            else if (reader.ValueTextEquals("binary_data_output"u8))
                found = found with { BinaryOutput = Flag(ref reader, found.BinaryOutput.HasValue, $"{where}, binary_data_output") };
            else if (NotSpoken.Contains(reader.GetString()))
                throw new RequestException(400,
                    $"{where}: found {RequestException.Show(reader.ValueSpan)}, an extension that this server does not speak");
            else
                JsonParts.Next(ref reader);
        }

        return found;
    }

    private static int Size(ref Utf8JsonReader reader, bool isThere, string where)
    {
        reader.Read();
        if (isThere || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var size) || size < 0)
            throw new RequestException(400, $"{where}, binary_data_size: expected once a count of bytes");
        return size;
    }

    private static bool Flag(ref Utf8JsonReader reader, bool isThere, string where)
    {
        reader.Read();
        if (isThere || reader.TokenType is not (JsonTokenType.True or JsonTokenType.False))
            throw new RequestException(400, $"{where}: expected once true or false");
        return reader.TokenType == JsonTokenType.True;
    }
}
