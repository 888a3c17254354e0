using System.Text.Json;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Consort.Serving;

namespace Consort.AspNetCore.Scoring;

/// <summary>Reads raw values from JSON straight into a row of the scorer.</summary>
internal static class RowReader
{
    /// <summary>Sets a field to the value on which the reader stands.</summary>
    /// <exception cref="RequestException">400: an array or an object where the field is no list, true or false where it is no boolean; or
    /// too long.</exception>
    /// <exception cref="ConsortException">The value is not what the field expects.</exception>
    public static void SetValue(
        ref Utf8JsonReader reader, in ImpressionRow row, int field, FieldTable fields, ValueBuffers values, Limits limits)
    {
        var name = fields.Names[field];
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                var text = values.Text(ref reader);
                CheckLength(text.Length, name, limits);
                row.Set(field, text);
                break;
            case JsonTokenType.Number:
                // As it is written: for a categorical field 1 and 1.0 are two tokens, as they were in the training data.
                CheckLength(reader.ValueSpan.Length, name, limits);
                row.Set(field, reader.ValueSpan);
                break;
            case JsonTokenType.Null:
                row.SetMissing(field);
                break;
            case JsonTokenType.True or JsonTokenType.False when row.IsBoolean(field):
                row.Set(field, reader.TokenType == JsonTokenType.True);
                break;
            case JsonTokenType.StartArray when fields.IsList(field):
                row.SetMissing(field);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    AddToken(ref reader, row, field, name, values, limits, null);
                break;
            case JsonTokenType.StartObject when fields.IsList(field):
                row.SetMissing(field);
                ReadWeights(ref reader, row, field, name, values, limits);
                break;
            default:
                var expected = fields.IsList(field) ? "an array, an object of tokens and weights, a string" : "a string";
                throw new RequestException(400,
                    $"field {name}: found {JsonParts.Kind(reader.TokenType)}, expected {expected}, a number or null");
        }
    }

    // Tokens as they are: nothing is split. A token that is null is missing: none in a list, one with a place in a sequence.
    private static void AddToken(ref Utf8JsonReader reader, in ImpressionRow row, int field, string name, ValueBuffers values,
        Limits limits, float? weight)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            row.AddToken(field, default(ReadOnlySpan<byte>), weight);
            return;
        }

        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number or JsonTokenType.PropertyName))
            throw new RequestException(400, $"field {name}: found {JsonParts.Kind(reader.TokenType)} in its array, expected strings or numbers");
        var token = reader.TokenType == JsonTokenType.Number ? reader.ValueSpan : values.Text(ref reader);
        CheckLength(token.Length, name, limits);
        row.AddToken(field, token, weight);
    }

    private static void ReadWeights(ref Utf8JsonReader reader, in ImpressionRow row, int field, string name, ValueBuffers values,
        Limits limits)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var token = reader; // stands on the token while the weight behind it is read
            if (!reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetSingle(out var weight))
                throw new RequestException(400, $"field {name}: found {JsonParts.Kind(reader.TokenType)}, expected the token's weight, a number");
            AddToken(ref token, row, field, name, values, limits, weight);
        }
    }

    /// <summary>Reads an object of fields and values; the reader stands on its beginning, and afterwards on its end.</summary>
    /// <exception cref="RequestException">400: an unknown field, one given twice, a wrong type.</exception>
    public static void ReadObject(ref Utf8JsonReader reader, in ImpressionRow row, FieldTable fields, ValueBuffers values, Limits limits,
        Span<JsonPlace> places = default)
    {
        var given = values.Given.AsSpan();
        given.Clear();
        var guess = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = fields.Find(values.Text(ref reader), ref guess);
            reader.Read();
            if (field == FieldTable.Unread)
            {
                reader.Skip();
                continue;
            }

            if (given[field])
                throw new RequestException(400, $"field {fields.Names[field]}: found it twice");
            given[field] = true;
            var start = (int)reader.TokenStartIndex;
            SetValue(ref reader, row, field, fields, values, limits);
            if (!places.IsEmpty)
                places[field] = new JsonPlace(start, (int)(reader.BytesConsumed - start));
        }
    }

    /// <summary>Reads an array of values, one for each of the columns.</summary>
    /// <exception cref="RequestException">400: too many or too few, a wrong type.</exception>
    public static void ReadArray(ref Utf8JsonReader reader, in ImpressionRow row, ReadOnlySpan<int> columns, FieldTable fields,
        ValueBuffers values, Limits limits)
    {
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count < columns.Length && columns[count] == FieldTable.Unread)
                reader.Skip();
            else if (count < columns.Length)
                SetValue(ref reader, row, columns[count], fields, values, limits);
            else
                reader.Skip();
            count++;
        }

        if (count != columns.Length)
            throw new RequestException(400, $"found {count} values, expected {columns.Length}, one for each of fields");
    }

    private static void CheckLength(int length, string name, Limits limits)
    {
        if (length > limits.Value)
            throw new RequestException(400, $"field {name}: found a value of {length} bytes, expected at most {limits.Value}");
    }
}
