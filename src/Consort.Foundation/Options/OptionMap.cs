namespace Consort.Foundation.Options;

/// <summary>
/// Keys and values read strictly: every value is asked for by key with its range, every mistake names file, line and key, and
/// <see cref="Close"/> rejects keys that nobody asked for. An empty value, <c>~</c> and <c>null</c> count as not given.
/// </summary>
public sealed class OptionMap
{
    private readonly string _source;
    private readonly long _line;
    private readonly Dictionary<string, (long Line, OptionTree Value)> _entries = new(StringComparer.Ordinal);
    private readonly List<string> _keys = [];
    private readonly AskedOptions _asked = new();
    private readonly Dictionary<string, IReadOnlyList<OptionMap>> _children = new(StringComparer.Ordinal);

    private OptionMap(string source, OptionGroup? group)
    {
        (_source, _line) = (source, group?.Line ?? 1);
        foreach (var entry in group?.Entries ?? [])
        {
            _entries.Add(entry.Key, (entry.Line, entry.Value));
            _keys.Add(entry.Key);
        }
    }

    /// <summary>The file or other origin named in messages.</summary>
    public string Source => _source;

    /// <summary>By which names in it are resolved.</summary>
    public Catalogues Catalogues { get; private init; } = Catalogues.Default;

    /// <summary>The keys present, in their order in the file (reading this list does not mark them as known).</summary>
    public IReadOnlyList<string> Keys => _keys;

    /// <summary>Reads a tree of keys and values.</summary>
    /// <param name="tree">The tree; an empty text has no keys.</param>
    /// <param name="catalogues">By which names in it are resolved; null for those that come along.</param>
    /// <exception cref="ConsortException">It is a text or a list.</exception>
    public static OptionMap Of(OptionTree tree, Catalogues? catalogues = null) => tree switch
    {
        OptionScalar { Value: "" } => new OptionMap(tree.Source, null) { Catalogues = catalogues ?? Catalogues.Default },
        OptionGroup group => new OptionMap(tree.Source, group) { Catalogues = catalogues ?? Catalogues.Default },
        _ => throw new ConsortException($"{tree.Source}:{tree.Line}: found a {tree.Kind}, expected keys and values"),
    };

    /// <summary>A map without keys, for defaults.</summary>
    public static OptionMap Empty(string source) => new(source, null);

    /// <summary>Where this map or one of its keys stands: <c>exp.yaml:12, key batch_size</c>.</summary>
    public string Where(string? key = null)
    {
        if (key is null) return $"{_source}:{_line}";
        return _entries.TryGetValue(key, out var entry) ? $"{_source}:{entry.Line}, key {key}" : $"{_source}:{_line}, key {key}";
    }

    /// <summary>Whether the key is given a value.</summary>
    public bool Has(string key) => Node(key) is not null;

    /// <summary>A text that must be given.</summary>
    public string Text(string key) => TextOrNull(key) ?? throw Error(key, "found nothing, expected a text");

    /// <summary>A text with a default.</summary>
    public string Text(string key, string fallback) => TextOrNull(key) ?? _asked.Default(key, fallback, fallback);

    /// <summary>Whether a key holds keys and values of its own, rather than a text or a list.</summary>
    public bool IsMap(string key) => Node(key) is OptionGroup;

    /// <summary>A text, or null when not given.</summary>
    public string? TextOrNull(string key) => Node(key) is { } node ? Scalar(key, node, "a text") : null;

    /// <summary>A whole number within [min, max].</summary>
    public int Integer(string key, int fallback, int min, int max) => (int)Long(key, fallback, min, max);

    /// <summary>A whole number within [min, max].</summary>
    public long Long(string key, long fallback, long min, long max) =>
        Node(key) is { } node ? ToLong(key, node, min, max) : _asked.Default(key, fallback, NumberText.Of(fallback));

    /// <summary>A finite number within [min, max].</summary>
    public double Number(string key, double fallback, double min, double max) =>
        Node(key) is { } node ? ToNumber(key, node, min, max) : _asked.Default(key, fallback, NumberText.Of(fallback));

    /// <summary>A flag: true or false.</summary>
    public bool Flag(string key, bool fallback)
    {
        if (Node(key) is not { } node) return _asked.Default(key, fallback, fallback ? "true" : "false");
        var text = Scalar(key, node, "true or false");
        return text switch
        {
            "true" or "True" or "yes" or "on" => true,
            "false" or "False" or "no" or "off" => false,
            _ => throw Error(key, $"found \"{text}\", expected true or false"),
        };
    }

    /// <summary>One of several named values.</summary>
    public T Choice<T>(string key, T fallback, IReadOnlyDictionary<string, T> choices)
    {
        if (Node(key) is not { } node) return _asked.Default(key, fallback, choices);
        var text = Scalar(key, node, "one of " + string.Join(", ", choices.Keys));
        if (choices.TryGetValue(text, out var value)) return value;
        var hint = NearestWord.Hint(text, choices.Keys);
        throw Error(key, $"found \"{text}\", expected one of {string.Join(", ", choices.Keys)}{hint}");
    }

    /// <summary>A nested mapping, or null when not given. The same instance at each call.</summary>
    public OptionMap? Map(string key)
    {
        if (Node(key) is not { } node) return null;
        if (_children.TryGetValue(key, out var known)) return known[0];
        if (node is not OptionGroup mapping)
            throw Error(key, $"found a {node.Kind}, expected keys and values{Named(key, node)}");
        var map = new OptionMap(_source, mapping) { Catalogues = Catalogues };
        _children[key] = [map];
        return map;
    }

    /// <summary>A nested mapping, empty when not given; its defaults are part of <see cref="Resolved"/>.</summary>
    public OptionMap Section(string key)
    {
        if (Map(key) is { } map) return map;
        if (_children.TryGetValue(key, out var known)) return known[0];
        var empty = Empty(_source);
        _children[key] = [empty];
        return empty;
    }

    // What has options of its own has its name among them.
    private static string Named(string key, OptionTree node) =>
        key is "optimizer" or "schedule" or "strategy" && node is OptionScalar { Value: var name }
        ? $", such as {{ name: {PrintableText.Short(name, 60)} }}" : "";

    /// <summary>A sequence of mappings; empty when not given. The same instances at each call.</summary>
    public IReadOnlyList<OptionMap> Maps(string key)
    {
        if (Node(key) is not { } node) return [];
        if (_children.TryGetValue(key, out var known)) return known;
        if (node is not OptionList sequence)
            throw Error(key, $"found a {node.Kind}, expected a list of keys and values");
        var maps = new List<OptionMap>();
        foreach (var item in sequence.Items)
        {
            if (item is not OptionGroup mapping)
                throw new ConsortException($"{_source}:{item.Line}, key {key}: found a {item.Kind}, expected keys and values");
            maps.Add(new OptionMap(_source, mapping) { Catalogues = Catalogues });
        }
        _children[key] = maps;
        return maps;
    }

    /// <summary>A list of whole numbers within [min, max]; a single number is a list of one.</summary>
    public IReadOnlyList<int> Integers(string key, IReadOnlyList<int> fallback, int min, int max) =>
        Items(key)?.Select(n => (int)ToLong(key, n, min, max)).ToArray()
        ?? _asked.Default(key, fallback, fallback.Select(n => NumberText.Of(n)));

    /// <summary>A list of finite numbers within [min, max]; a single number is a list of one.</summary>
    public IReadOnlyList<double> Numbers(string key, IReadOnlyList<double> fallback, double min, double max) =>
        Items(key)?.Select(n => ToNumber(key, n, min, max)).ToArray()
        ?? _asked.Default(key, fallback, fallback.Select(n => NumberText.Of(n)));

    /// <summary>A list of texts; a single text is a list of one.</summary>
    public IReadOnlyList<string> Texts(string key, IReadOnlyList<string> fallback) =>
        Items(key)?.Select(n => Scalar(key, n, "a text")).ToArray() ?? _asked.Default(key, fallback, fallback);

    /// <summary>A list whose items are texts, or keys and values of their own; a single item is a list of one.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">Where it is not given; empty.</param>
    /// <param name="ofText">Makes an item of a text.</param>
    /// <param name="ofMap">Makes one of keys and values, whose others are rejected.</param>
    public IReadOnlyList<T> Items<T>(string key, IReadOnlyList<T> fallback, Func<string, T> ofText, Func<OptionMap, T> ofMap)
    {
        if (Node(key) is not { } node) return _asked.Default(key, fallback, []);
        return [.. (node is OptionList list ? list.Items : [node]).Select(item => item is OptionGroup group
            ? Closed(new OptionMap(_source, group) { Catalogues = Catalogues }) : ofText(Scalar(key, item, "a text, or keys and values")))];

        T Closed(OptionMap map)
        {
            var item = ofMap(map);
            map.Close();
            return item;
        }
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
        _asked.Drop(key);
    }

    /// <summary>Everything that was asked for, as JSON that reads back to the same options.</summary>
    public string Resolved() => JsonOptions.Write(Resolve());

    /// <summary>Everything that was asked for, every default filled in.</summary>
    public OptionTree Resolve()
    {
        var entries = new List<OptionEntry>();
        foreach (var key in _asked.Keys)
        {
            var isGiven = _entries.TryGetValue(key, out var given);
            if (_children.TryGetValue(key, out var maps))
                Add(given.Value is OptionList ? new OptionList([.. maps.Select(m => m.Resolve())], _source,
                    given.Line) : maps[0].Resolve());
            else if (isGiven)
                Add(given.Value);
            else if (_asked.DefaultOf(key) is { } value)
                Add(value);

            void Add(OptionTree value) => entries.Add(new OptionEntry(key, isGiven ? given.Line : _line, value));
        }

        return new OptionGroup(entries, _source, _line);
    }

    /// <summary>Rejects keys that nobody asked for, here and in every nested map that was read.</summary>
    /// <exception cref="ConsortException">An unknown key; the message names the nearest known one.</exception>
    public void Close()
    {
        foreach (var key in _keys)
        {
            if (_asked.Has(key)) continue;
            var hint = NearestWord.Find(key, _asked.Keys) is { } near
                ? $"; did you mean \"{near}\"?"
                : _asked.Keys.Count == 0 ? "" : "; known keys: " + string.Join(", ", _asked.Keys.Order(StringComparer.Ordinal));
            throw new ConsortException($"{_source}:{_entries[key].Line}: unknown key \"{key}\"{hint}");
        }
        foreach (var maps in _children.Values)
        {
            foreach (var map in maps) map.Close();
        }
    }

    /// <summary>An error at a key of this map, to be thrown by the caller.</summary>
    public ConsortException Error(string key, string message) => new($"{Where(key)}: {message}");

    private OptionTree? Node(string key)
    {
        _asked.Add(key);
        return _entries.TryGetValue(key, out var entry) && !entry.Value.IsNone ? entry.Value : null;
    }

    private IReadOnlyList<OptionTree>? Items(string key) => Node(key) switch
    {
        null => null,
        OptionList list => list.Items,
        OptionScalar scalar => [scalar],
        var other => throw Error(key, $"found a {other.Kind}, expected a list"),
    };

    private string Scalar(string key, OptionTree node, string expected) =>
        node is OptionScalar scalar ? scalar.Value : throw At(key, node, $"found a {node.Kind}, expected {expected}");

    private long ToLong(string key, OptionTree node, long min, long max) =>
        NumberText.Whole(Scalar(key, node, "a whole number"), min, max, out var mistake) is var value && mistake is null
            ? value : throw At(key, node, mistake!);

    private double ToNumber(string key, OptionTree node, double min, double max) =>
        NumberText.Finite(Scalar(key, node, "a number"), min, max, out var mistake) is var value && mistake is null
            ? value : throw At(key, node, mistake!);

    private ConsortException At(string key, OptionTree node, string message) => new($"{_source}:{node.Line}, key {key}: {message}");
}
