using System.Globalization;
using Consort.Foundation.Options;
using YamlDotNet.Core.Events;

namespace Consort.Yaml;

/// <summary>Builds a document of parsed events: resolves aliases and merge keys, and bounds what they may come to.</summary>
internal sealed class YamlComposer(GuardedParser parser, string source, Action<RepeatedKey>? repeated)
{
    private const int MaxDepth = 64;
    private const long MaxNodes = 2_000_000;

    private readonly Dictionary<string, Composed> _anchors = new(StringComparer.Ordinal);
    private long _nodes;

    private readonly record struct Composed(OptionTree Tree, long Size, int Height);

    /// <summary>The one document; null where there is none.</summary>
    /// <exception cref="ConsortException">Malformed YAML, too deep or too much, or more than one document.</exception>
    public OptionTree? Compose()
    {
        parser.Next();
        if (parser.Next() is StreamEnd)
            return null;
        var root = Node(parser.Next(), 0);
        parser.Next();
        var end = parser.Next();
        return end is DocumentStart ? throw Error(end.Start.Line, "found a second YAML document, expected one") : root.Tree;
    }

    private Composed Node(ParsingEvent start, int depth)
    {
        if (depth > MaxDepth)
            throw Deep(start.Start.Line);
        if (++_nodes > MaxNodes)
            throw Error(start.Start.Line, Invariant($"found more than {MaxNodes} values, expected at most that"));
        var node = start switch
        {
            AnchorAlias alias => Aliased(alias, depth),
            Scalar scalar => Text(scalar),
            SequenceStart or MappingStart => Collection(start, depth),
            _ => throw Error(start.Start.Line, "malformed YAML: expected a value"),
        };
        if (start is NodeEvent { Anchor.IsEmpty: false } anchored)
            _anchors[anchored.Anchor.Value] = node;
        return node;
    }

    private Composed Aliased(AnchorAlias alias, int depth)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var node))
            throw Error(alias.Start.Line, $"found *{alias.Value.Value}, expected an anchor &{alias.Value.Value} whose value is complete before it");
        if (depth + node.Height > MaxDepth)
            throw Deep(alias.Start.Line);
        _nodes += node.Size;
        return _nodes <= MaxNodes ? node : throw Error(alias.Start.Line,
            Invariant($"found aliases that stand for more than {MaxNodes} values, expected at most that"));
    }

    private Composed Text(Scalar scalar) =>
        new(OptionScalar.Read(scalar.Value, source, scalar.Start.Line, (TextStyle)scalar.Style), 1, 0);

    private Composed Collection(ParsingEvent start, int depth)
    {
        var bracket = start switch
        {
            SequenceStart { Style: SequenceStyle.Flow } => "[",
            MappingStart { Style: MappingStyle.Flow } => "{",
            _ => null,
        };
        var line = start.Start.Line;
        if (bracket is not null)
            parser.Open.Push(Invariant($"the {bracket} of line {line} is not closed"));
        var (items, size, height) = (new List<OptionTree>(), 1L, 0);
        var next = parser.Next();
        for (; next is not (SequenceEnd or MappingEnd); next = parser.Next())
        {
            var item = Node(next, depth + 1);
            items.Add(item.Tree);
            (size, height) = (size + item.Size, Math.Max(height, item.Height + 1));
        }

        if (bracket is not null)
            parser.Open.Pop();
        // The library is known to lose a key or an end.
        if (next is MappingEnd != start is MappingStart || (start is MappingStart && items.Count % 2 == 1))
            throw Error(line, "malformed YAML: found a key without a value, or a value without a key");
        OptionTree tree = start is SequenceStart { Tag: var tag }
            ? new OptionList(items, source, line)
            {
                IsInline = bracket is not null,
                IsTuple = !tag.IsEmpty && tag.Value.EndsWith("python/tuple", StringComparison.Ordinal),
            }
            : new OptionGroup(Entries(items), source, line) { IsInline = bracket is not null };
        return new Composed(tree, size, height);
    }

    // Keys and values take turns. Merged keys come first and lose against the mapping's own, as in PyYAML.
    private List<OptionEntry> Entries(List<OptionTree> items)
    {
        var (known, entries) = (new Dictionary<string, (int At, bool IsOwn)>(StringComparer.Ordinal), new List<OptionEntry>());
        for (var i = 0; i < items.Count; i += 2)
        {
            if (IsMerge(items[i]))
                Merge(items[i + 1]);
        }

        for (var i = 0; i < items.Count; i += 2)
        {
            if (!IsMerge(items[i]))
                Put(items[i], items[i + 1]);
        }

        return entries;

        void Merge(OptionTree from)
        {
            foreach (var one in from is OptionList list ? list.Items : [from])
            {
                foreach (var entry in (one as OptionGroup
                    ?? throw Error(one.Line, "found no mapping under <<, expected *name of one, or a list of them")).Entries)
                {
                    if (known.TryAdd(entry.Key, (entries.Count, false)))
                        entries.Add(entry);
                }
            }
        }

        void Put(OptionTree key, OptionTree value)
        {
            if (key is not OptionScalar { Value: var text })
                throw Error(key.Line, $"found a {key.Kind} as a key, expected a word");
            var entry = new OptionEntry(text, key.Line, value);
            if (known.TryAdd(text, (entries.Count, true)))
            {
                entries.Add(entry);
                return;
            }

            var (at, isOwn) = known[text];
            if (isOwn && repeated is null)
                throw Error(key.Line, Invariant(
                    $"found the key {text} a second time, after line {entries[at].Line}; expected each key once"));
            if (isOwn)
                repeated!(new RepeatedKey(text, entries[at].Line, key.Line));
            (entries[at], known[text]) = (entry, (at, true));
        }
    }

    private static bool IsMerge(OptionTree key) => key is OptionScalar { Value: "<<", Style: TextStyle.Plain };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private ConsortException Deep(long line) => Error(line, Invariant($"found deeper nesting, expected at most {MaxDepth} levels"));

    private ConsortException Error(long line, string message) => new(Invariant($"{source}:{Math.Max(line, 1)}: {message}"));
}
