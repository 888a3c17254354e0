using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Consort.AspNetCore.Requests;

/// <summary>
/// Whether the strings and keys of a body are text: the JSON reader lets bytes that are not UTF-8 pass, and throws what is not an error of
/// JSON where a key or value holds half of a surrogate pair. Checked once for all that reads the body afterwards.
/// </summary>
internal static class BodyText
{
    private const int Escape = 6; // of "\ud800"

    /// <summary>Refuses a body that is not text.</summary>
    /// <exception cref="RequestException">400: bytes that are not UTF-8, or half of a surrogate pair; the message says where.</exception>
    public static void Check(ReadOnlySpan<byte> json, Limits limits)
    {
        if (!Utf8.IsValid(json))
        {
            var at = FirstInvalid(json);
            throw new RequestException(400,
                $"{Place(json, at, limits)}: found the byte 0x{json[at]:X2}, which is not UTF-8 there, expected JSON in UTF-8");
        }

        for (int at = 0, next; (next = json[at..].IndexOf((byte)'\\')) >= 0;)
        {
            at += next;
            if (!TryUnit(json, at, out var unit))
                at += Math.Min(2, json.Length - at);
            else if (!char.IsSurrogate(unit))
                at += Escape;
            else if (char.IsHighSurrogate(unit) && TryUnit(json, at + Escape, out var low) && char.IsLowSurrogate(low))
                at += 2 * Escape;
            else
                throw new RequestException(400,
                    $"{Place(json, at, limits)}: found {Encoding.ASCII.GetString(json.Slice(at, Escape))}, half of a surrogate pair, expected text");
        }
    }

    // Whether an escape of a UTF-16 unit stands there; where it is malformed, the JSON reader says so.
    private static bool TryUnit(ReadOnlySpan<byte> json, int at, out char unit)
    {
        unit = '\0';
        if (json.Length - at < Escape || json[at] != '\\' || json[at + 1] != 'u'
            || !Utf8Parser.TryParse(json.Slice(at + 2, 4), out ushort value, out var read, 'x') || read != 4)
            return false;
        unit = (char)value;
        return true;
    }

    private static int FirstInvalid(ReadOnlySpan<byte> json)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(json[at..], out _, out var read) == System.Buffers.OperationStatus.Done)
            at += read;
        return at;
    }

    // Such as "rows[3].site, byte 120", counted from 1; the path goes as far as the body can be read.
    private static string Place(ReadOnlySpan<byte> json, int at, Limits limits)
    {
        var path = new List<(string? Name, int Index)>();
        try
        {
            // What follows the place is not looked at: it may be no text.
            var reader = new Utf8JsonReader(json[..at], isFinalBlock: false, new JsonReaderState(limits.Json));
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject or JsonTokenType.StartArray:
                        path.Add((null, reader.TokenType == JsonTokenType.StartArray ? 0 : -1));
                        continue;
                    case JsonTokenType.PropertyName:
                        path[^1] = (Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, 60)]), -1);
                        continue;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        path.RemoveAt(path.Count - 1);
                        break;
                }

                // A value has ended: the next of its array, or a name that is to come.
                if (path.Count > 0)
                    path[^1] = (null, path[^1].Index < 0 ? -1 : path[^1].Index + 1);
            }
        }
        catch (JsonException)
        {
            // The byte says enough.
        }

        var text = new StringBuilder();
        foreach (var (name, index) in path)
        {
            if (index >= 0)
                text.Append(CultureInfo.InvariantCulture, $"[{index}]");
            else if (name is not null)
                text.Append(text.Length > 0 ? "." : "").Append(string.Concat(name.Select(c => char.IsControl(c) ? '?' : c)));
        }

        return text.Append(text.Length > 0 ? ", " : "").Append(CultureInfo.InvariantCulture, $"byte {at + 1}").ToString();
    }
}
