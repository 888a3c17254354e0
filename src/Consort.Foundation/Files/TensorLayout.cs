using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Consort.Foundation.Files;

/// <summary>What the numbers of a tensor are, named as safetensors names them.</summary>
public enum TensorType
{
    /// <summary>Single precision, 4 bytes.</summary>
    F32,

    /// <summary>Half precision, 2 bytes.</summary>
    F16,

    /// <summary>Signed bytes.</summary>
    I8,

    /// <summary>Unsigned bytes.</summary>
    U8,
}

/// <summary>A tensor's place in a file.</summary>
/// <param name="Name">Unique in the file.</param>
/// <param name="Type">Its numbers.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Begin">Where its bytes begin, counted from the end of the header.</param>
/// <param name="Bytes">How many there are.</param>
public sealed record TensorEntry(string Name, TensorType Type, IReadOnlyList<long> Shape, long Begin, long Bytes)
{
    /// <summary>Bytes of one number.</summary>
    public static int SizeOf(TensorType type) => type switch { TensorType.F32 => 4, TensorType.F16 => 2, _ => 1 };

    /// <summary>Bytes of a tensor.</summary>
    /// <exception cref="OverflowException">More than a long can say.</exception>
    public static long BytesOf(TensorType type, IEnumerable<long> shape) =>
        shape.Aggregate((long)SizeOf(type), (product, size) => checked(product * (size < 0 ? throw new OverflowException() : size)));
}

/// <summary>
/// The header of the safetensors layout: JSON that gives each tensor's type, shape and place. Tensors follow each other without holes.
/// </summary>
public static class TensorLayout
{
    private const string MetadataKey = "__metadata__";

    /// <summary>The header's text; its length and the 8 bytes that hold it end on a multiple of <paramref name="alignment"/>.</summary>
    public static string Header(IReadOnlyDictionary<string, string> metadata, IReadOnlyList<TensorEntry> tensors, int alignment = 8)
    {
        var header = new JsonObject
        {
            [MetadataKey] = new JsonObject(metadata.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)JsonValue.Create(m.Value)))),
        };
        foreach (var tensor in tensors)
        {
            header.Add(tensor.Name, new JsonObject
            {
                ["dtype"] = tensor.Type.ToString(),
                ["shape"] = new JsonArray([.. tensor.Shape.Select(size => (JsonNode)size)]),
                ["data_offsets"] = new JsonArray(tensor.Begin, tensor.Begin + tensor.Bytes),
            });
        }
        var text = header.ToJsonString();
        var end = 8 + System.Text.Encoding.UTF8.GetByteCount(text);
        return text.PadRight(text.Length + (alignment - end % alignment) % alignment);
    }

    /// <summary>The metadata of a header.</summary>
    /// <param name="header">The JSON in UTF-8.</param>
    /// <param name="damaged">Makes the exception for a header that cannot be read, given what was expected.</param>
    public static IReadOnlyDictionary<string, string> Metadata(ReadOnlyMemory<byte> header, Func<string, ConsortException> damaged)
    {
        try
        {
            using var json = JsonDocument.Parse(header);
            return json.RootElement.GetProperty(MetadataKey).EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString() ?? "");
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            throw damaged("a header in JSON with metadata");
        }
    }

    /// <summary>The tensors of a header, each in its place within the room that the file has.</summary>
    /// <param name="header">The JSON in UTF-8.</param>
    /// <param name="room">Bytes after the header.</param>
    /// <param name="damaged">Makes the exception for a header that does not hold together, given what was expected.</param>
    public static List<TensorEntry> Tensors(ReadOnlyMemory<byte> header, long room, Func<string, ConsortException> damaged)
    {
        var tensors = new List<TensorEntry>();
        long next = 0;
        try
        {
            using var json = JsonDocument.Parse(header);
            foreach (var property in json.RootElement.EnumerateObject())
            {
                if (property.Name == MetadataKey) continue;
                var name = property.Value.GetProperty("dtype").GetString() ?? "";
                if (!Enum.TryParse(name, out TensorType type) || !Enum.IsDefined(type) || type.ToString() != name)
                    throw damaged($"{property.Name} as F32, F16, I8 or U8, found {name}");
                long[] shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64())];
                var offsets = property.Value.GetProperty("data_offsets");
                (var begin, var end) = (offsets[0].GetInt64(), offsets[1].GetInt64());
                var bytes = TensorEntry.BytesOf(type, shape);
                if (begin != next || end > room || end - begin != bytes)
                    throw damaged(string.Create(CultureInfo.InvariantCulture,
                        $"{property.Name} of {bytes} bytes from {next} within {room}, found [{begin}, {end})"));
                tensors.Add(new TensorEntry(property.Name, type, shape, begin, bytes));
                next = end;
            }
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            throw damaged("tensors with a type, a shape and offsets");
        }
        return next == room ? tensors : throw damaged(
            string.Create(CultureInfo.InvariantCulture, $"{next} bytes of tensors, found {room}"));
    }

    private static bool IsUnreadable(Exception e) => e is JsonException or KeyNotFoundException or InvalidOperationException
        or FormatException or OverflowException or IndexOutOfRangeException or ArgumentException;
}
