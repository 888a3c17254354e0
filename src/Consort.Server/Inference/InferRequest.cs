using System.Text;
using System.Text.Json;
using Consort.Data.Options;
using Consort.Server.Http;
using Consort.Server.Scoring;

namespace Consort.Server.Inference;

/// <summary>A request to infer, by HTTP or gRPC.</summary>
/// <param name="Id">The client's name for it, given back; empty for none.</param>
/// <param name="Inputs">One tensor for each field that is given.</param>
internal sealed record InferRequest(string Id, IReadOnlyList<TensorInput> Inputs)
{
    /// <summary>The only output.</summary>
    public const string Output = "probability";

    private const int LongestId = 1000;
    private static readonly string[] Keys = ["id", "parameters", "inputs", "outputs"];
    private static readonly string[] TensorKeys = ["name", "shape", "datatype", "parameters", "data"];

    /// <summary>Reads the protocol's JSON.</summary>
    /// <exception cref="RequestException">400: a key is unknown, missing, or of another type.</exception>
    /// <exception cref="JsonException">The body is no JSON.</exception>
    public static InferRequest Read(ReadOnlyMemory<byte> body, FieldTable fields, Limits limits)
    {
        ScoreRun.CheckText(body.Span);
        var reader = new Utf8JsonReader(body.Span, limits.Json);
        var (id, inputs, outputs) = (default(JsonPlace), default(JsonPlace), default(JsonPlace));
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new RequestException(400, $"found {RowReader.Kind(reader.TokenType)}, expected an object with inputs");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("id"u8))
                id = ScoreBody.Next(ref reader);
            else if (reader.ValueTextEquals("inputs"u8))
                inputs = ScoreBody.Next(ref reader);
            else if (reader.ValueTextEquals("outputs"u8))
                outputs = ScoreBody.Next(ref reader);
            else if (reader.ValueTextEquals("parameters"u8))
                ScoreBody.Next(ref reader);
            else
                throw Unknown("", reader.ValueSpan, Keys);
        }

        reader.Read(); // throws where anything but blanks follows
        if (!inputs.IsThere)
            throw new RequestException(400, "found no inputs, expected a tensor for each field that is given");
        if (outputs.IsThere)
            CheckOutputs(outputs.Of(body.Span), limits);
        return new InferRequest(id.IsThere ? Text(id.Of(body.Span), "id", LongestId, limits) : "", ReadInputs(body, inputs, fields, limits));
    }

    /// <summary>Checks an output that is asked for.</summary>
    /// <exception cref="RequestException">400: there is no such.</exception>
    public static void CheckOutput(string name)
    {
        if (name != Output)
            throw new RequestException(400, $"found output {RequestException.Show(name)}, expected {Output}");
    }

    private static List<TensorInput> ReadInputs(ReadOnlyMemory<byte> body, JsonPlace place, FieldTable fields, Limits limits)
    {
        var inputs = new List<TensorInput>();
        var array = body.Slice(place.Start, place.Length);
        var reader = ScoreBody.Open(array.Span, JsonTokenType.StartArray, "inputs", limits);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new RequestException(400, $"inputs[{inputs.Count}]: found {RowReader.Kind(reader.TokenType)}, expected an object");
            if (inputs.Count >= fields.MostColumns)
                throw new RequestException(400, $"inputs: found more than the {fields.MostColumns} fields of the schema");
            inputs.Add(ReadInput(ref reader, array, $"inputs[{inputs.Count}]", fields, limits));
        }

        return inputs;
    }

    private static JsonTensor ReadInput(ref Utf8JsonReader reader, ReadOnlyMemory<byte> array, string where, FieldTable fields, Limits limits)
    {
        var (name, shape, datatype, data) = (default(JsonPlace), default(JsonPlace), default(JsonPlace), default(JsonPlace));
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("name"u8))
                name = ScoreBody.Next(ref reader);
            else if (reader.ValueTextEquals("shape"u8))
                shape = ScoreBody.Next(ref reader);
            else if (reader.ValueTextEquals("datatype"u8))
                datatype = ScoreBody.Next(ref reader);
            else if (reader.ValueTextEquals("data"u8))
                data = ScoreBody.Next(ref reader);
            else if (reader.ValueTextEquals("parameters"u8))
                ScoreBody.Next(ref reader);
            else
                throw Unknown($"{where}: ", reader.ValueSpan, TensorKeys);
        }

        if (!name.IsThere || !shape.IsThere || !datatype.IsThere || !data.IsThere)
            throw new RequestException(400, $"{where}: expected name, shape, datatype and data");
        ScoreBody.Open(data.Of(array.Span), JsonTokenType.StartArray, $"{where}, data", limits);
        return new JsonTensor(
            Text(name.Of(array.Span), $"{where}, name", limits.Value, limits), Text(datatype.Of(array.Span), $"{where}, datatype", limits.Value, limits),
            Shape(shape.Of(array.Span), where, limits), fields, array.Slice(data.Start, data.Length), limits);
    }

    private static void CheckOutputs(ReadOnlySpan<byte> outputs, Limits limits)
    {
        var reader = ScoreBody.Open(outputs, JsonTokenType.StartArray, "outputs", limits);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new RequestException(400, $"outputs: found {RowReader.Kind(reader.TokenType)}, expected objects");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isName = reader.ValueTextEquals("name"u8);
                var value = ScoreBody.Next(ref reader);
                if (isName)
                    CheckOutput(Text(value.Of(outputs), "outputs, name", limits.Value, limits));
            }
        }
    }

    private static long[] Shape(ReadOnlySpan<byte> shape, string where, Limits limits)
    {
        var reader = ScoreBody.Open(shape, JsonTokenType.StartArray, $"{where}, shape", limits);
        var sizes = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var size) || sizes.Count == 8)
                throw new RequestException(400, $"{where}, shape: expected [n] or [n, 1] for n impressions");
            sizes.Add(size);
        }

        return [.. sizes];
    }

    private static string Text(ReadOnlySpan<byte> value, string where, int longest, Limits limits)
    {
        var reader = ScoreBody.Open(value, JsonTokenType.String, where, limits);
        if (value.Length > longest + 2)
            throw new RequestException(400, $"{where}: found a text of {value.Length - 2} bytes, expected at most {longest}");
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new RequestException(400, $"{where}: found halves of surrogate pairs, expected text", e);
        }
    }

    private static RequestException Unknown(string where, ReadOnlySpan<byte> key, string[] keys)
    {
        var text = Encoding.UTF8.GetString(key[..Math.Min(key.Length, 60)]);
        return new RequestException(400, $"{where}found {RequestException.Show(key)}, expected one of {string.Join(", ", keys)}{NearestWord.Hint(text, keys)}");
    }
}
