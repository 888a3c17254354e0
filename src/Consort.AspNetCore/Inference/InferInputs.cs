using System.Text.Json;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;

namespace Consort.AspNetCore.Inference;

/// <summary>Reads the tensors of a request in the protocol's JSON, and of those that follow it in binary.</summary>
/// <param name="fields">The fields of the schema.</param>
/// <param name="binary">What follows the JSON.</param>
/// <param name="limits">What a request may ask for.</param>
internal sealed class InferInputs(FieldTable fields, ReadOnlyMemory<byte> binary, Limits limits)
{
    private static readonly string[] Keys = ["name", "shape", "datatype", "parameters", "data"];
    private const int MostDimensions = 8;
    private int _taken; // bytes of binary

    /// <summary>Reads an array of them.</summary>
    /// <exception cref="RequestException">400: not as expected, or the bytes that follow are not those of the tensors.</exception>
    public List<TensorInput> Read(ReadOnlyMemory<byte> array)
    {
        var inputs = new List<TensorInput>();
        var reader = JsonParts.Open(array.Span, JsonTokenType.StartArray, "inputs", limits);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new RequestException(400, $"inputs[{inputs.Count}]: found {JsonParts.Kind(reader.TokenType)}, expected an object");
            if (inputs.Count >= fields.MostColumns)
                throw new RequestException(400, $"inputs: found more than the {fields.MostColumns} fields of the schema");
            inputs.Add(ReadInput(ref reader, array, $"inputs[{inputs.Count}]"));
        }

        if (_taken != binary.Length)
            throw new RequestException(400,
                $"found {binary.Length} bytes after the JSON, expected {_taken}, the sum of binary_data_size of the inputs");
        return inputs;
    }

    private TensorInput ReadInput(ref Utf8JsonReader reader, ReadOnlyMemory<byte> array, string where)
    {
        var places = new JsonPlace[Keys.Length];
        JsonParts.Find(ref reader, Keys, places, $"{where}: ");
        var (name, shape, datatype, parameters, data) = (places[0], places[1], places[2], places[3], places[4]);
        if (!name.IsThere || !shape.IsThere || !datatype.IsThere)
            throw new RequestException(400, $"{where}: expected name, shape, datatype and data");
        var size = InferParameters.Read(parameters.Of(array.Span), $"{where}, parameters", limits).BinarySize;
        if (data.IsThere == size.HasValue)
            throw new RequestException(400,
                $"{where}: {(size.HasValue ? "found data and binary_data_size, expected one of them" : "expected name, shape, datatype and data")}");
        var (text, type) = (
            InferRequest.Text(name.Of(array.Span), $"{where}, name", limits.Value, limits),
            InferRequest.Text(datatype.Of(array.Span), $"{where}, datatype", limits.Value, limits));
        var sizes = Shape(shape.Of(array.Span), where);
        if (size is { } bytes)
            return new RawTensor(text, type, sizes, fields, Take(bytes, where));
        JsonParts.Open(data.Of(array.Span), JsonTokenType.StartArray, $"{where}, data", limits);
        return new JsonTensor(text, type, sizes, fields, array.Slice(data.Start, data.Length), limits);
    }

    // Tensors follow each other as their inputs do.
    private ReadOnlyMemory<byte> Take(int bytes, string where)
    {
        if (bytes > binary.Length - _taken)
            throw new RequestException(400,
                $"{where}: found binary_data_size {bytes} and {binary.Length - _taken} bytes left after the JSON, expected as many; {InferRequest.HeaderLength} gives the length of the JSON");
        _taken += bytes;
        return binary.Slice(_taken - bytes, bytes);
    }

    private long[] Shape(ReadOnlySpan<byte> shape, string where)
    {
        var reader = JsonParts.Open(shape, JsonTokenType.StartArray, $"{where}, shape", limits);
        var sizes = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var size) || sizes.Count == MostDimensions)
                throw new RequestException(400, $"{where}, shape: expected [n] or [n, 1] for n impressions");
            sizes.Add(size);
        }

        return [.. sizes];
    }
}
