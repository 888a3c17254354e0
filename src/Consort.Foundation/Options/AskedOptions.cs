namespace Consort.Foundation.Options;

/// <summary>
/// The keys that were asked for, with the defaults that were taken: the record of a run that needs no knowledge of defaults to repeat.
/// </summary>
internal sealed class AskedOptions
{
    private readonly List<string> _keys = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OptionTree> _defaults = new(StringComparer.Ordinal);

    /// <summary>The keys, in the order in which they were asked for.</summary>
    public IReadOnlyList<string> Keys => _keys;

    /// <summary>Whether a key was asked for.</summary>
    public bool Has(string key) => _known.Contains(key);

    /// <summary>The default of a key that was not given; null of others.</summary>
    public OptionTree? DefaultOf(string key) => _defaults.GetValueOrDefault(key);

    /// <summary>Takes a key.</summary>
    public void Add(string key)
    {
        if (_known.Add(key))
            _keys.Add(key);
    }

    /// <summary>Forgets a key.</summary>
    public void Drop(string key)
    {
        _keys.Remove(key);
        _known.Remove(key);
    }

    /// <summary>Takes the default of a key, and gives it back.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The default.</param>
    /// <param name="text">As it would stand in a file.</param>
    public T Default<T>(string key, T value, OptionTree text)
    {
        _defaults[key] = text;
        return value;
    }

    /// <summary>The same of a list.</summary>
    public T Default<T>(string key, T value, IEnumerable<string> texts) => Default(key, value, OptionTree.List(texts));

    /// <summary>The same of one of several named values.</summary>
    public T Default<T>(string key, T value, IReadOnlyDictionary<string, T> choices)
    {
        foreach ((var name, var choice) in choices)
            if (EqualityComparer<T>.Default.Equals(choice, value))
                return Default(key, value, name);
        return value;
    }
}
