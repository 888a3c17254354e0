using System.IO.Hashing;
using System.Text.Json;
using Consort.AspNetCore.Requests;

namespace Consort.AspNetCore.Scoring;

/// <summary>
/// The lot that decides between stable and canary, drawn by the value of a field: whoever has the same value gets the same version, as long
/// as the share stays. Of a request of several rows the first decides, of candidates their context.
/// </summary>
internal static class StickyLot
{
    /// <summary>A lot from 0 to 1, below 1; null where the request has no such value.</summary>
    /// <param name="json">The body.</param>
    /// <param name="field">The field.</param>
    /// <param name="values">Where texts are unescaped.</param>
    /// <param name="limits">Depth.</param>
    /// <exception cref="RequestException">400: as of scoring.</exception>
    /// <exception cref="JsonException">The body is no JSON.</exception>
    public static double? Draw(ReadOnlySpan<byte> json, string field, ValueBuffers values, Limits limits)
    {
        var body = ScoreBody.Read(json, limits);
        if (body.Context.IsThere)
            return OfObject(body.Context.Of(json), field, values, limits);
        var rows = body.Rows.IsThere ? body.Rows : body.Candidates;
        if (!rows.IsThere)
            return null;
        var reader = new Utf8JsonReader(rows.Of(json), limits.Json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray || !reader.Read())
            return null;
        if (reader.TokenType == JsonTokenType.StartObject)
            return OfObject(ref reader, field, values);
        if (reader.TokenType != JsonTokenType.StartArray || !body.Fields.IsThere)
            return null;
        var place = PlaceOf(body.Fields.Of(json), field, limits);
        for (; place >= 0 && reader.Read() && reader.TokenType != JsonTokenType.EndArray; place--)
        {
            if (place == 0)
                return Of(ref reader, values);
            reader.Skip();
        }

        return null;
    }

    private static double? OfObject(ReadOnlySpan<byte> part, string field, ValueBuffers values, Limits limits)
    {
        var reader = new Utf8JsonReader(part, limits.Json);
        return reader.Read() && reader.TokenType == JsonTokenType.StartObject ? OfObject(ref reader, field, values) : null;
    }

    private static double? OfObject(ref Utf8JsonReader reader, string field, ValueBuffers values)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals(field);
            reader.Read();
            if (isIt)
                return Of(ref reader, values);
            reader.Skip();
        }

        return null;
    }

    private static int PlaceOf(ReadOnlySpan<byte> fields, string field, Limits limits)
    {
        var reader = new Utf8JsonReader(fields, limits.Json);
        reader.Read();
        for (var place = 0; reader.Read() && reader.TokenType == JsonTokenType.String; place++)
            if (reader.ValueTextEquals(field))
                return place;
        return -1;
    }

    // 1 and "1" are one value, as they are to a categorical field.
    private static double? Of(ref Utf8JsonReader reader, ValueBuffers values) => reader.TokenType switch
    {
        JsonTokenType.String => Lot(values.Text(ref reader)),
        JsonTokenType.Number => Lot(reader.ValueSpan),
        _ => null,
    };

    private static double Lot(ReadOnlySpan<byte> value) => (XxHash3.HashToUInt64(value) >> 11) / (double)(1UL << 53);
}
