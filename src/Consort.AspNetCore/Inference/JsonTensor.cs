using System.Text.Json;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Consort.AspNetCore.Scoring;
using Consort.Serving;

namespace Consort.AspNetCore.Inference;

/// <summary>A tensor whose values are an array of JSON, flat or nested. Read in steps, a batch's values at a time.</summary>
internal sealed class JsonTensor(string name, string datatype, IReadOnlyList<long> shape, FieldTable fields,
    ReadOnlyMemory<byte> data, Limits limits)
    : TensorInput(name, datatype, shape, fields)
{
    private readonly bool _isText = datatype == "BYTES";
    private readonly bool _isWhole = datatype.Contains("INT", StringComparison.Ordinal);
    private readonly bool _isUnsigned = datatype.StartsWith('U');
    private JsonReaderState _state = new(limits.Json);
    private int _at;

    public override void Fill(ImpressionBatch batch, ValueBuffers values, Limits limits)
    {
        var reader = new Utf8JsonReader(data.Span[_at..], isFinalBlock: true, _state);
        for (var row = 0; row < batch.Count; row++, Row++)
        {
            Begin();
            for (var token = 0; token < Tokens; token++)
            {
                if (!Read(ref reader))
                    throw Count(FormattableString.Invariant($"{(Row * Tokens) + token} values"));
                try
                {
                    Check(ref reader);
                    if (IsTokens)
                        AddToken(ref reader, batch[row], values, limits);
                    else if (Field != FieldTable.Unread)
                        RowReader.SetValue(ref reader, batch[row], Field, Fields, values, limits);
                }
                catch (Exception e) when (e is ConsortException or RequestException)
                {
                    throw At(e.Message, e);
                }
            }
        }

        _at += (int)reader.BytesConsumed;
        _state = reader.CurrentState;
    }

    public override void Finish()
    {
        var reader = new Utf8JsonReader(data.Span[_at..], isFinalBlock: true, _state);
        if (Read(ref reader))
            throw Count("more values");
    }

    private void AddToken(ref Utf8JsonReader reader, in ImpressionRow row, ValueBuffers values, Limits limits)
    {
        SetBytes(row, reader.TokenType switch
        {
            JsonTokenType.Null => default,
            JsonTokenType.Number => reader.ValueSpan,
            _ => values.Text(ref reader),
        }, limits);
    }

    private static bool Read(ref Utf8JsonReader reader)
    {
        while (reader.Read())
            if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.EndArray))
                return true;
        return false;
    }

    private void Check(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return;
        var expected = _isText ? JsonTokenType.String : JsonTokenType.Number;
        if (reader.TokenType != expected)
            throw new RequestException(400,
                $"found {JsonParts.Kind(reader.TokenType)}, expected {JsonParts.Kind(expected)} or null, as datatype {Datatype} says");
        if (!_isWhole)
            return;
        var digits = !_isUnsigned && reader.ValueSpan[0] == '-' ? reader.ValueSpan[1..] : reader.ValueSpan;
        if (digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            throw new RequestException(400,
                $"found {RequestException.Show(reader.ValueSpan)}, expected an integer, as datatype {Datatype} says");
        if (!Int128.TryParse(reader.ValueSpan, System.Globalization.CultureInfo.InvariantCulture, out var number))
            throw new RequestException(400, $"found {RequestException.Show(reader.ValueSpan)}, expected an integer of datatype {Datatype}");
        CheckRange(number);
    }
}
