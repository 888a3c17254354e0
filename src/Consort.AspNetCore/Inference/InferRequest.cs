using System.Text.Json;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;

namespace Consort.AspNetCore.Inference;

/// <summary>A request to infer, by HTTP or gRPC.</summary>
/// <param name="Id">The client's name for it, given back; empty for none.</param>
/// <param name="Inputs">One tensor for each field that is given.</param>
/// <param name="IsBinary">Whether the probabilities are to be answered as little-endian bytes.</param>
internal sealed record InferRequest(string Id, IReadOnlyList<TensorInput> Inputs, bool IsBinary)
{
    /// <summary>The only output.</summary>
    public const string Output = "probability";

    /// <summary>The header that gives the length of the JSON where binary tensors follow it.</summary>
    public const string HeaderLength = "Inference-Header-Content-Length";

    /// <summary>Bytes of a client's name for a request at most.</summary>
    public const int LongestId = 1000;

    private static readonly string[] Keys = ["id", "parameters", "inputs", "outputs"];
    private static readonly string[] OutputKeys = ["name", "parameters"];

    /// <summary>Reads the protocol's JSON, and binary tensors after it.</summary>
    /// <param name="body">The body.</param>
    /// <param name="header">Bytes of JSON that it begins with; null for all.</param>
    /// <param name="fields">The fields of the schema.</param>
    /// <param name="limits">What a request may ask for.</param>
    /// <exception cref="RequestException">400: a key is unknown, missing, given twice, or of another type; sizes do not agree.</exception>
    /// <exception cref="JsonException">The body is no JSON.</exception>
    public static InferRequest Read(ReadOnlyMemory<byte> body, int? header, FieldTable fields, Limits limits)
    {
        if (header > body.Length)
            throw new RequestException(400, $"{HeaderLength}: found {header} of a body of {body.Length} bytes, expected at most these");
        var (json, binary) = (body[..(header ?? body.Length)], body[(header ?? body.Length)..]);
        var text = json.Span;
        var places = new JsonPlace[Keys.Length];
        JsonParts.FindAll(text, Keys, places, "an object with inputs", limits);
        var (id, parameters, inputs, outputs) = (places[0], places[1], places[2], places[3]);
        if (!inputs.IsThere)
            throw new RequestException(400, "found no inputs, expected a tensor for each field that is given");
        var isBinary = InferParameters.Read(parameters.Of(text), "parameters", limits).BinaryOutput ?? false;
        if (outputs.IsThere)
            isBinary = ReadOutputs(outputs.Of(text), isBinary, limits);
        var tensors = new InferInputs(fields, binary, limits).Read(json.Slice(inputs.Start, inputs.Length));
        return new InferRequest(id.IsThere ? Text(id.Of(text), "id", LongestId, limits) : "", tensors, isBinary);
    }

    /// <summary>Checks an output that is asked for.</summary>
    /// <exception cref="RequestException">400: there is no such.</exception>
    public static void CheckOutput(string name)
    {
        if (name != Output)
            throw new RequestException(400, $"found output {RequestException.Show(name)}, expected {Output}");
    }

    /// <summary>A text of at most so many bytes.</summary>
    /// <exception cref="RequestException">400: longer, or no text.</exception>
    public static string Text(ReadOnlySpan<byte> value, string where, int longest, Limits limits)
    {
        var reader = JsonParts.Open(value, JsonTokenType.String, where, limits);
        return value.Length <= longest + 2
            ? reader.GetString()!
            : throw new RequestException(400, $"{where}: found a text of {value.Length - 2} bytes, expected at most {longest}");
    }

    // The answer's only output is asked for once or not at all; what it says of itself comes before what the request says.
    private static bool ReadOutputs(ReadOnlySpan<byte> outputs, bool isBinary, Limits limits)
    {
        var reader = JsonParts.Open(outputs, JsonTokenType.StartArray, "outputs", limits);
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (i > 0)
                throw new RequestException(400, $"outputs: found more than one, expected {Output} alone");
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new RequestException(400, $"outputs: found {JsonParts.Kind(reader.TokenType)}, expected objects");
            var places = new JsonPlace[OutputKeys.Length];
            JsonParts.Find(ref reader, OutputKeys, places, "outputs[0]: ");
            if (!places[0].IsThere)
                throw new RequestException(400, $"outputs[0]: found no name, expected {Output}");
            CheckOutput(Text(places[0].Of(outputs), "outputs, name", limits.Value, limits));
            isBinary = InferParameters.Read(places[1].Of(outputs), "outputs[0], parameters", limits).BinaryData ?? isBinary;
        }

        return isBinary;
    }
}
