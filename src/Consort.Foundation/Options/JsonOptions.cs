using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Consort.Foundation.Options;

/// <summary>Option trees as JSON: what is stored, and what is read without a library for YAML.</summary>
public static class JsonOptions
{
    private static readonly JsonWriterOptions Writing = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads a JSON text, each value with its line; comments are passed over.</summary>
    /// <param name="json">The text, at most 16 Mi characters.</param>
    /// <param name="source">The origin named in messages.</param>
    /// <exception cref="ConsortException">Malformed JSON, deeper than 64 levels, or a key that stands twice.</exception>
    public static OptionTree Parse(string json, string source)
    {
        OptionFile.Check(json, source);
        // Half a surrogate pair has no bytes; the reader sees what replaces it.
        var bytes = System.Text.Encoding.UTF8.GetBytes(json);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip });
        var lines = new LineCount(bytes);
        try
        {
            reader.Read();
            var tree = Value(ref reader, ref lines, source);
            reader.Read(); // an error where something follows
            return tree;
        }
        catch (JsonException e)
        {
            throw new ConsortException(
                Place(source, (e.LineNumber ?? 0) + 1, "malformed JSON: found what cannot stand here, expected keys and values"), e);
        }
        catch (InvalidOperationException e)
        {
            throw new ConsortException(
                Place(source, lines.At(reader.TokenStartIndex), "malformed JSON: found half a surrogate pair, expected whole characters"), e);
        }
    }

    /// <summary>
    /// Writes a tree as JSON that reads back to an equal one: nothing as null, numbers and flags as such, all else as texts.
    /// </summary>
    public static string Write(OptionTree tree)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Writing))
            Write(writer, tree);
        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static OptionTree Value(ref Utf8JsonReader reader, ref LineCount lines, string source)
    {
        var line = lines.At(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray:
                var items = new List<OptionTree>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    items.Add(Value(ref reader, ref lines, source));
                return new OptionList(items, source, line) { IsInline = true };
            case JsonTokenType.StartObject:
                var (entries, known) = (new List<OptionEntry>(), new Dictionary<string, long>(StringComparer.Ordinal));
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var (key, at) = (reader.GetString()!, lines.At(reader.TokenStartIndex));
                    if (!known.TryAdd(key, at))
                        throw new ConsortException(Place(source, at, string.Create(CultureInfo.InvariantCulture,
                            $"found the key {key} a second time, after line {known[key]}; expected each key once")));
                    reader.Read();
                    entries.Add(new OptionEntry(key, at, Value(ref reader, ref lines, source)));
                }

                return new OptionGroup(entries, source, line);
            case JsonTokenType.String:
                return OptionScalar.Read(reader.GetString()!, source, line, TextStyle.Double);
            default: // a number, true, false or null, as it stands there
                return OptionScalar.Read(System.Text.Encoding.UTF8.GetString(reader.ValueSpan), source, line, TextStyle.Plain);
        }
    }

    private static void Write(Utf8JsonWriter writer, OptionTree tree)
    {
        switch (tree)
        {
            case OptionGroup group:
                writer.WriteStartObject();
                foreach (var entry in group.Entries)
                {
                    writer.WritePropertyName(entry.Key);
                    Write(writer, entry.Value);
                }

                writer.WriteEndObject();
                break;
            case OptionList list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                    Write(writer, item);
                writer.WriteEndArray();
                break;
            case { IsNone: true }:
                writer.WriteNullValue();
                break;
            case OptionScalar { IsQuoted: false, Value: "true" or "false" } flag:
                writer.WriteBooleanValue(flag.Value == "true");
                break;
            // Numbers in the notation that JSON's writer has too; 007, .5 and 1e-2 are texts, which read as the same.
            case OptionScalar { IsQuoted: false, Value: var text } when long.TryParse(text, CultureInfo.InvariantCulture, out var whole)
                && whole.ToString(CultureInfo.InvariantCulture) == text:
                writer.WriteNumberValue(whole);
                break;
            case OptionScalar { IsQuoted: false, Value: var text } when double.TryParse(text, CultureInfo.InvariantCulture, out var number)
                && double.IsFinite(number) && number.ToString("R", CultureInfo.InvariantCulture) == text:
                writer.WriteNumberValue(number);
                break;
            default:
                writer.WriteStringValue(((OptionScalar)tree).Value);
                break;
        }
    }

    private static string Place(string source, long line, string message) =>
        string.Create(CultureInfo.InvariantCulture, $"{source}:{line}: {message}");

    // Lines up to a place; places only grow.
    private ref struct LineCount(ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> _text = text;
        private int _to;
        private long _line = 1;

        public long At(long place)
        {
            _line += _text[_to..(int)place].Count((byte)'\n');
            _to = (int)place;
            return _line;
        }
    }
}
