using System.Text.Json;

namespace Consort.Data.Sources;

/// <summary>
/// Values that a column has as JSON, as the server takes them: a string without quotes and escapes, a number, true and false as they are
/// written, null for a missing one. An array is a list where the field has several tokens a row.
/// </summary>
/// <param name="column">The column, for messages.</param>
/// <param name="form">How a list is one cell; null where each value is one token.</param>
internal sealed class JsonValues(string column, ListForm? form)
{
    private byte[] _text = new byte[256];

    /// <summary>What is wrong with the last value, without its place; null where nothing is.</summary>
    public string? Mistake { get; private set; }

    /// <summary>Writes a value; where it is wrong or null, the cell is not there.</summary>
    public Cell Write(ReadOnlySpan<byte> json, CellWriter writer)
    {
        Mistake = null;
        var reader = new Utf8JsonReader(json);
        try
        {
            reader.Read();
            var cell = form is not null && reader.TokenType == JsonTokenType.StartArray ? List(ref reader, json, writer)
                : One(ref reader, json, writer);
            if (Mistake is null) reader.Read(); // throws where anything but blanks follows
            return cell;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second of halves of surrogate pairs, which are no text.
            return Fail($"found {RowParser.Show(json)}, expected JSON, its strings without halves of surrogate pairs");
        }
    }

    private Cell One(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, CellWriter writer)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return new Cell { Length = -1 };
            case JsonTokenType.String when reader.ValueIsEscaped:
                // Unescaping never lengthens.
                if (_text.Length < reader.ValueSpan.Length) _text = new byte[Math.Max(reader.ValueSpan.Length, 2 * _text.Length)];
                return writer.Text(_text.AsSpan(0, reader.CopyString(_text)));
            case JsonTokenType.String or JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                return writer.Text(reader.ValueSpan);
            default:
                var (what, part) = reader.TokenType == JsonTokenType.StartArray ? ("array", "$[0]") : ("object", "$.key");
                return Fail($"found the JSON {what} {RowParser.Show(json)}, expected a single value{(form is null ? "" : " or an array of them")}; take the part that is meant in a query, such as {column}->>'{part}', or cast it");
        }
    }

    private Cell List(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, CellWriter writer)
    {
        var list = new ListText(writer, form!);
        while (Mistake is null && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var token = One(ref reader, json, writer);
            if (token.Length < 0) list.TakeMissing();
            else if (!list.Take(token)) Mistake = ListText.Mistake(column, writer.Written(token.Start)[..token.Length], form!);
        }
        return list.End();
    }

    private Cell Fail(string mistake)
    {
        Mistake = $"column {column}: {mistake}";
        return new Cell { Length = -1 };
    }
}
