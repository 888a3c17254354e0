using System.Text;
using System.Text.Json;
using Consort.Foundation.Options;
using Consort.Server.Http;
using Consort.Server.Scoring;

namespace Consort.Server.Inference;

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
        var (text, binary) = (body[..(header ?? body.Length)], body[(header ?? body.Length)..]);
        BodyText.Check(text.Span, limits);
        var reader = new Utf8JsonReader(text.Span, limits.Json);
        var (id, inputs, outputs, parameters) = (default(JsonPlace), default(JsonPlace), default(JsonPlace), default(JsonPlace));
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new RequestException(400, $"found {RowReader.Kind(reader.TokenType)}, expected an object with inputs");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ref var place = ref id;
            if (reader.ValueTextEquals("id"u8)) { }
            else if (reader.ValueTextEquals("inputs"u8))
                place = ref inputs;
            else if (reader.ValueTextEquals("outputs"u8))
                place = ref outputs;
            else if (reader.ValueTextEquals("parameters"u8))
                place = ref parameters;
            else
                throw Unknown("", reader.ValueSpan, Keys);
            Place(ref reader, ref place, "");
        }

        reader.Read(); // throws where anything but blanks follows
        if (!inputs.IsThere)
            throw new RequestException(400, "found no inputs, expected a tensor for each field that is given");
        var isBinary = InferParameters.Read(parameters.Of(text.Span), "parameters", limits).BinaryOutput ?? false;
        if (outputs.IsThere)
            isBinary = ReadOutputs(outputs.Of(text.Span), isBinary, limits);
        var tensors = new InferInputs(fields, binary, limits).Read(text.Slice(inputs.Start, inputs.Length));
        return new InferRequest(id.IsThere ? Text(id.Of(text.Span), "id", LongestId, limits) : "", tensors, isBinary);
    }

    /// <summary>Checks an output that is asked for.</summary>
    /// <exception cref="RequestException">400: there is no such.</exception>
    public static void CheckOutput(string name)
    {
        if (name != Output)
            throw new RequestException(400, $"found output {RequestException.Show(name)}, expected {Output}");
    }

    /// <summary>Takes the place of the value of the key on which the reader stands.</summary>
    /// <exception cref="RequestException">400: the key was given before.</exception>
    public static void Place(ref Utf8JsonReader reader, ref JsonPlace place, string where)
    {
        if (place.IsThere)
            throw new RequestException(400, $"{where}found {RequestException.Show(reader.ValueSpan)} twice, expected it once");
        place = ScoreBody.Next(ref reader);
    }

    /// <summary>A text of at most so many bytes.</summary>
    /// <exception cref="RequestException">400: longer, or no text.</exception>
    public static string Text(ReadOnlySpan<byte> value, string where, int longest, Limits limits)
    {
        var reader = ScoreBody.Open(value, JsonTokenType.String, where, limits);
        return value.Length <= longest + 2
            ? reader.GetString()!
            : throw new RequestException(400, $"{where}: found a text of {value.Length - 2} bytes, expected at most {longest}");
    }

    /// <summary>A key that is not one of those known.</summary>
    public static RequestException Unknown(string where, ReadOnlySpan<byte> key, string[] keys)
    {
        var text = Encoding.UTF8.GetString(key[..Math.Min(key.Length, 60)]);
        return new RequestException(400, $"{where}found {RequestException.Show(key)}, expected one of {string.Join(", ", keys)}{NearestWord.Hint(text, keys)}");
    }

    // The answer's only output is asked for once or not at all; what it says of itself comes before what the request says.
    private static bool ReadOutputs(ReadOnlySpan<byte> outputs, bool isBinary, Limits limits)
    {
        var reader = ScoreBody.Open(outputs, JsonTokenType.StartArray, "outputs", limits);
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (i > 0)
                throw new RequestException(400, $"outputs: found more than one, expected {Output} alone");
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new RequestException(400, $"outputs: found {RowReader.Kind(reader.TokenType)}, expected objects");
            var (name, parameters) = (default(JsonPlace), default(JsonPlace));
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("name"u8))
                    Place(ref reader, ref name, "outputs[0]: ");
                else if (reader.ValueTextEquals("parameters"u8))
                    Place(ref reader, ref parameters, "outputs[0]: ");
                else
                    throw Unknown("outputs[0]: ", reader.ValueSpan, OutputKeys);
            }

            if (!name.IsThere)
                throw new RequestException(400, $"outputs[0]: found no name, expected {Output}");
            CheckOutput(Text(name.Of(outputs), "outputs, name", limits.Value, limits));
            isBinary = InferParameters.Read(parameters.Of(outputs), "outputs[0], parameters", limits).BinaryData ?? isBinary;
        }

        return isBinary;
    }
}
