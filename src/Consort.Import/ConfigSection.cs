using Consort.Foundation.Options;

namespace Consort.Import;

/// <summary>
/// Keys and values of one or more mappings laid over one another; what is taken is remembered, so that the rest can be named.
/// </summary>
internal sealed class ConfigSection
{
    private readonly Dictionary<string, ConfigValue> _values = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>Lays further mappings over this one; their values win.</summary>
    public ConfigSection Over(OptionGroup mapping, string source)
    {
        foreach (var (key, _, value) in mapping.Entries)
        {
            if (!_values.ContainsKey(key))
                _order.Add(key);
            _values[key] = new ConfigValue(key, value, source);
        }

        return this;
    }

    /// <summary>Whether a key stands there, with or without a value.</summary>
    public bool Has(string key) => _values.ContainsKey(key);

    /// <summary>
    /// The value of the first of these keys that has one, or null; that key counts as taken, and those without a value too.
    /// </summary>
    public ConfigValue? Take(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (!_values.TryGetValue(key, out var value))
                continue;
            _taken.Add(key);
            if (!value.IsNone)
                return value;
        }

        return null;
    }

    /// <summary>The value of the first of these keys that stands there, be it <c>None</c>, or null; it counts as taken.</summary>
    public ConfigValue? TakeAny(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (!_values.TryGetValue(key, out var value))
                continue;
            _taken.Add(key);
            return value;
        }

        return null;
    }

    /// <summary>What nobody took, in the file's order.</summary>
    public IEnumerable<ConfigValue> Left => _order.Where(k => !_taken.Contains(k)).Select(k => _values[k]);
}
