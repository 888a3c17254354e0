using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Consort.Foundation.Options;

// What was read, with every default that was taken: the record of a run that needs no knowledge of defaults to repeat.
public sealed partial class OptionMap
{
    private readonly List<string> _asked = [];
    private readonly Dictionary<string, YamlNode> _defaults = new(StringComparer.Ordinal);

    /// <summary>A nested mapping, empty when not given; its defaults are part of <see cref="Resolved"/>.</summary>
    public OptionMap Section(string key)
    {
        if (Map(key) is { } map) return map;
        if (_children.TryGetValue(key, out var known)) return known[0];
        OptionMap empty = Empty(_source);
        _children[key] = [empty];
        return empty;
    }

    /// <summary>Gives a key another value, as a command-line option does.</summary>
    public void Set(string key, string value)
    {
        if (!_entries.ContainsKey(key)) _keys.Add(key);
        _entries[key] = (_line, new YamlScalarNode(value));
    }

    /// <summary>Gives a key a list of other values.</summary>
    public void Set(string key, IEnumerable<string> values)
    {
        Set(key, "");
        _entries[key] = (_line, new YamlSequenceNode(values.Select(v => new YamlScalarNode(v))));
    }

    /// <summary>Gives a key other keys and values; <see cref="Resolved"/> writes them as they are.</summary>
    /// <param name="key">The key.</param>
    /// <param name="yaml">The mapping.</param>
    public void SetMap(string key, string yaml)
    {
        Set(key, "");
        _entries[key] = (_line, YamlReader.Parse(yaml, key) ?? new YamlMappingNode());
        _children.Remove(key);
    }

    /// <summary>Takes a key out whose value now stands elsewhere.</summary>
    public void Drop(string key)
    {
        _entries.Remove(key);
        _keys.Remove(key);
        _asked.Remove(key);
        _known.Remove(key);
    }

    /// <summary>Everything that was asked for, as YAML that reads back to the same options.</summary>
    public string Resolved()
    {
        using var writer = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        new YamlStream(new YamlDocument(ResolvedNode())).Save(writer, assignAnchors: false);
        string text = writer.ToString();
        return text.EndsWith("...\n", StringComparison.Ordinal) ? text[..^4] : text;
    }

    private YamlMappingNode ResolvedNode()
    {
        var node = new YamlMappingNode();
        foreach (string key in _asked)
        {
            if (_children.TryGetValue(key, out var maps) && (!_entries.TryGetValue(key, out var entry) || entry.Node is not YamlSequenceNode))
                node.Add(key, maps[0].ResolvedNode());
            else if (maps is not null)
                node.Add(key, new YamlSequenceNode(maps.Select(m => m.ResolvedNode())));
            else if (_entries.TryGetValue(key, out var given))
                node.Add(key, given.Node);
            else if (_defaults.TryGetValue(key, out YamlNode? value))
                node.Add(key, value);
        }

        return node;
    }

    private T Default<T>(string key, T value, string text)
    {
        _defaults[key] = new YamlScalarNode(text);
        return value;
    }

    private T Default<T>(string key, T value, IEnumerable<string> texts)
    {
        _defaults[key] = new YamlSequenceNode(texts.Select(t => new YamlScalarNode(t))) { Style = YamlDotNet.Core.Events.SequenceStyle.Flow };
        return value;
    }

    private T DefaultChoice<T>(string key, T fallback, IReadOnlyDictionary<string, T> choices)
    {
        foreach ((string name, T value) in choices)
        {
            if (EqualityComparer<T>.Default.Equals(value, fallback)) return Default(key, fallback, name);
        }

        return fallback;
    }

    private static string Plain(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
