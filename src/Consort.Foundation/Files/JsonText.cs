using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace Consort.Foundation.Files;

/// <summary>
/// Reads JSON that the program itself wrote and that something else may have changed: whatever is wrong becomes the caller's error with the
/// field and what was expected, never an exception of the library.
/// </summary>
public static partial class JsonText
{
    private const long MaxBytes = 256L << 20;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="damaged">Makes the error, given what is wrong: <c>splits[0].rows is null, expected a whole number</c>.</param>
    /// <param name="read">Reads the root.</param>
    /// <exception cref="ConsortException">The file is missing, unreadable or damaged.</exception>
    public static T Read<T>(string path, Func<string, ConsortException> damaged, Func<JsonPart, T> read) =>
        Parse(Bytes(path), damaged, read);

    /// <summary>Reads a text.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="damaged">Makes the error, given what is wrong.</param>
    /// <param name="read">Reads the root.</param>
    public static T Parse<T>(ReadOnlyMemory<byte> json, Func<string, ConsortException> damaged, Func<JsonPart, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return read(new JsonPart(document.RootElement, "", damaged));
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw damaged(Explain(e));
        }
    }

    /// <summary>Reads a file as a value of a type all of whose required members must be there and not null, in lists too.</summary>
    /// <param name="path">The file.</param>
    /// <param name="damaged">Makes the error, given what is wrong.</param>
    /// <param name="type">The type's contract; to refuse nulls it must respect nullable annotations.</param>
    /// <param name="isNullItemFine">Whether lists may hold nulls, which the caller then looks for.</param>
    /// <exception cref="ConsortException">The file is missing, unreadable or damaged.</exception>
    public static T Read<T>(string path, Func<string, ConsortException> damaged, JsonTypeInfo<T> type, bool isNullItemFine = false)
        where T : class
    {
        var bytes = Bytes(path);
        try
        {
            using (var document = JsonDocument.Parse(bytes))
            {
                if (!isNullItemFine && NullItem(document.RootElement, "") is { } place) throw damaged($"{place} is null, expected a value");
            }
            return JsonSerializer.Deserialize(bytes, type) ?? throw damaged("found null, expected keys and values");
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw damaged(Explain(e));
        }
    }

    /// <summary>Whether an exception says that JSON is not what it should be.</summary>
    public static bool IsDamage(Exception e) => e is JsonException or InvalidOperationException or NotSupportedException or FormatException
        or OverflowException or KeyNotFoundException or ArgumentException;

    /// <summary>What is wrong, in a line that names the field or the line where the library does.</summary>
    public static string Explain(Exception e)
    {
        if (e is not JsonException json) return "found something that is no text or number of its kind";
        var place = json.Path is { Length: > 2 } path ? path[2..] : "";
        if (Missing().Match(json.Message) is { Success: true } missing)
            return $"{Within(place)}{missing.Groups["names"].Value.Replace("'", "", StringComparison.Ordinal)} missing, expected a value";
        if (NullValue().Match(json.Message) is { Success: true } empty)
            return $"{(place.Length > 0 ? place : Snake(empty.Groups["name"].Value))} is null, expected a value";
        if (place.Length > 0 && Kind().Match(json.Message) is { Success: true } kind)
            return $"{place} is of another kind{Expected(kind.Groups["type"].Value)}";
        var line = json.LineNumber is { } number ? string.Create(CultureInfo.InvariantCulture, $" in line {number + 1}") : "";
        return $"{(place.Length > 0 ? $"{place}: " : "")}found no JSON{line}";
    }

    private static string Within(string place) => place.Length == 0 ? "" : $"{place}: ";

    private static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    private static string Expected(string type) => type switch
    {
        "System.Int32" or "System.Int64" or "System.UInt64" => ", expected a whole number",
        "System.Double" or "System.Single" => ", expected a number",
        "System.String" => ", expected a text",
        "System.Boolean" => ", expected true or false",
        _ when type.Contains("List", StringComparison.Ordinal) || type.EndsWith("[]", StringComparison.Ordinal) => ", expected a list",
        _ when type.Contains("Dictionary", StringComparison.Ordinal) => ", expected keys and values",
        // The library names the type around it.
        _ => "",
    };

    private static string? NullItem(JsonElement value, string place)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in value.EnumerateObject())
            {
                if (NullItem(property.Value, place.Length == 0 ? property.Name : $"{place}.{property.Name}") is { } found) return found;
            }
        }
        if (value.ValueKind != JsonValueKind.Array) return null;
        var at = 0;
        foreach (var item in value.EnumerateArray())
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{place}[{at++}]");
            if (item.ValueKind == JsonValueKind.Null) return name;
            if (NullItem(item, name) is { } found) return found;
        }
        return null;
    }

    private static byte[] Bytes(string path)
    {
        try
        {
            using var file = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > MaxBytes)
                throw new ConsortException($"{path}: found {file.Length} bytes, expected JSON of at most {MaxBytes >> 20} MiB");
            var bytes = new byte[file.Length];
            var read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            // The byte-order mark that an editor may have put there.
            return bytes.AsSpan(0, read) is [0xef, 0xbb, 0xbf, .. var rest] ? rest.ToArray() : bytes[..read];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConsortException($"{path}: file not found", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConsortException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    [GeneratedRegex(@"missing required (properties|constructor parameters).*?:\s*(?<names>.*?)\.?(\s*Path:|$)", RegexOptions.Singleline)]
    private static partial Regex Missing();

    [GeneratedRegex(@"(property or field|parameter) '(?<name>[^']+)'.*null", RegexOptions.Singleline)]
    private static partial Regex NullValue();

    [GeneratedRegex(@"could not be converted to (?<type>\S+?)\.? ?(Path:|$)", RegexOptions.Singleline)]
    private static partial Regex Kind();
}
