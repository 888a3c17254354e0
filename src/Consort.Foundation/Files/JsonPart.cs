using System.Globalization;
using System.Text.Json;

namespace Consort.Foundation.Files;

/// <summary>A value in JSON that is read strictly: what is missing or of another kind is an error that names the field.</summary>
public readonly struct JsonPart
{
    private readonly JsonElement _value;
    private readonly string _place;
    private readonly Func<string, ConsortException> _damaged;

    /// <summary>A value.</summary>
    /// <param name="value">What stands there.</param>
    /// <param name="place">Its name, keys joined by dots.</param>
    /// <param name="damaged">Makes the error, given what is wrong.</param>
    internal JsonPart(JsonElement value, string place, Func<string, ConsortException> damaged) =>
        (_value, _place, _damaged) = (value, place, damaged);

    /// <summary>Whether it is null.</summary>
    public bool IsNull => _value.ValueKind == JsonValueKind.Null;

    /// <summary>A value below it that must be there.</summary>
    /// <exception cref="ConsortException">It is not there, or this is no mapping.</exception>
    public JsonPart this[string key] => Find(key) ?? throw _damaged($"{Below(key)} is missing, expected a value");

    /// <summary>A value below it, or null where there is none or it is null.</summary>
    public JsonPart? Find(string key)
    {
        if (_value.ValueKind != JsonValueKind.Object) throw Error("keys and values");
        return _value.TryGetProperty(key, out var value) ? new JsonPart(value, Below(key), _damaged) : null;
    }

    /// <summary>A number; the words NaN, Infinity and -Infinity and null stand for those that JSON has not.</summary>
    public double Number() => _value.ValueKind switch
    {
        JsonValueKind.Number when _value.TryGetDouble(out var value) && double.IsFinite(value) => value,
        JsonValueKind.Null => double.NaN,
        JsonValueKind.String => _value.GetString() switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            _ => throw Error("a number"),
        },
        _ => throw Error("a number"),
    };

    /// <summary>A whole number within [min, max].</summary>
    public long Whole(long min = 0, long max = long.MaxValue) =>
        _value.ValueKind == JsonValueKind.Number && _value.TryGetInt64(out var value) && value >= min && value <= max
            ? value
            : throw Error(string.Create(CultureInfo.InvariantCulture,
                $"a whole number{(max == long.MaxValue ? $" of at least {min}" : $" of {min} to {max}")}"));

    /// <summary>A text.</summary>
    public string Text() => _value.ValueKind == JsonValueKind.String ? _value.GetString()! : throw Error("a text");

    /// <summary>True or false.</summary>
    public bool Flag() => _value.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? _value.GetBoolean() : throw Error("true or false");

    /// <summary>A moment, as ISO 8601 writes it.</summary>
    public DateTime Moment() => _value.ValueKind == JsonValueKind.String && _value.TryGetDateTime(out var value)
        ? value : throw Error("a time");

    /// <summary>The items of a list.</summary>
    public IReadOnlyList<JsonPart> Items()
    {
        if (_value.ValueKind != JsonValueKind.Array) throw Error("a list");
        var items = new List<JsonPart>(_value.GetArrayLength());
        foreach (var item in _value.EnumerateArray())
            items.Add(new JsonPart(item, string.Create(CultureInfo.InvariantCulture, $"{_place}[{items.Count}]"), _damaged));
        return items;
    }

    /// <summary>The keys and values of a mapping, in their order.</summary>
    public IReadOnlyList<(string Key, JsonPart Value)> Entries()
    {
        if (_value.ValueKind != JsonValueKind.Object) throw Error("keys and values");
        var entries = new List<(string, JsonPart)>();
        foreach (var property in _value.EnumerateObject())
            entries.Add((property.Name, new JsonPart(property.Value, Below(property.Name), _damaged)));
        return entries;
    }

    /// <summary>A mapping as it is, to be kept.</summary>
    public JsonElement Mapping() => _value.ValueKind == JsonValueKind.Object ? _value.Clone() : throw Error("keys and values");

    /// <summary>The value as it is written, whatever it is; a text without quotes.</summary>
    public string Written() => _value.ToString();

    private string Below(string key) => _place.Length == 0 ? key : $"{_place}.{key}";

    private ConsortException Error(string expected)
    {
        var found = _value.ValueKind switch
        {
            JsonValueKind.Null => "null",
            JsonValueKind.Object => "a mapping",
            JsonValueKind.Array => "a list",
            _ => _value.GetRawText() is { Length: > 40 } text ? text[..40] + "…" : _value.GetRawText(),
        };
        return _damaged($"{(_place.Length == 0 ? "the whole" : _place)} is {found.ReplaceLineEndings(" ")}, expected {expected}");
    }
}
