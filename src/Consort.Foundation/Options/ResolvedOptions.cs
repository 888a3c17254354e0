using System.Globalization;

namespace Consort.Foundation.Options;

// What was read, with every default that was taken: the record of a run that needs no knowledge of defaults to repeat.
public sealed partial class OptionMap
{
    private readonly List<string> _asked = [];
    private readonly Dictionary<string, OptionTree> _defaults = new(StringComparer.Ordinal);

    /// <summary>A nested mapping, empty when not given; its defaults are part of <see cref="Resolved"/>.</summary>
    public OptionMap Section(string key)
    {
        if (Map(key) is { } map) return map;
        if (_children.TryGetValue(key, out var known)) return known[0];
        var empty = Empty(_source);
        _children[key] = [empty];
        return empty;
    }

    /// <summary>Gives a key another value, as a command-line option does.</summary>
    public void Set(string key, string value)
    {
        if (!_entries.ContainsKey(key))
            _keys.Add(key);
        _entries[key] = (_line, value);
    }

    /// <summary>Takes a key out whose value now stands elsewhere.</summary>
    public void Drop(string key)
    {
        _entries.Remove(key);
        _keys.Remove(key);
        _asked.Remove(key);
        _known.Remove(key);
    }

    /// <summary>Everything that was asked for, as JSON that reads back to the same options.</summary>
    public string Resolved() => JsonOptions.Write(Resolve());

    /// <summary>Everything that was asked for, every default filled in.</summary>
    public OptionTree Resolve()
    {
        var entries = new List<OptionEntry>();
        foreach (var key in _asked)
        {
            var isGiven = _entries.TryGetValue(key, out var given);
            if (_children.TryGetValue(key, out var maps))
                Add(given.Value is OptionList ? new OptionList([.. maps.Select(m => m.Resolve())], _source,
                    given.Line) : maps[0].Resolve());
            else if (isGiven)
                Add(given.Value);
            else if (_defaults.TryGetValue(key, out var value))
                Add(value);

            void Add(OptionTree value) => entries.Add(new OptionEntry(key, isGiven ? given.Line : _line, value));
        }

        return new OptionGroup(entries, _source, _line);
    }

    private T Default<T>(string key, T value, string text)
    {
        _defaults[key] = text;
        return value;
    }

    private T Default<T>(string key, T value, IEnumerable<string> texts)
    {
        _defaults[key] = OptionTree.List(texts);
        return value;
    }

    private T DefaultChoice<T>(string key, T fallback, IReadOnlyDictionary<string, T> choices)
    {
        foreach ((var name, var value) in choices)
        {
            if (EqualityComparer<T>.Default.Equals(value, fallback)) return Default(key, fallback, name);
        }

        return fallback;
    }

    private static string Plain(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
