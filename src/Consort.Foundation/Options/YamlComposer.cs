using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Consort.Foundation.Options;

/// <summary>Builds a document of parsed events: resolves aliases and merge keys, and bounds what they may come to.</summary>
internal sealed class YamlComposer(GuardedParser parser, string source, Action<RepeatedKey>? repeated)
{
    private const int MaxDepth = 64;
    private const long MaxNodes = 2_000_000;

    private readonly Dictionary<string, Composed> _anchors = new(StringComparer.Ordinal);
    private long _nodes;

    // Start is a scalar, or what opens a list or mapping; keys and values of a mapping take turns.
    private sealed record Composed(ParsingEvent Start, ParsingEvent? End, List<Composed> Items)
    {
        public long Line => Start.Start.Line;

        public long Size { get; } = 1 + Items.Sum(i => i.Size);

        public int Height { get; } = Items.Count == 0 ? 0 : 1 + Items.Max(i => i.Height);
    }

    /// <summary>The events of the one document, without anchors and aliases; null where there is none.</summary>
    /// <exception cref="ConsortException">Malformed YAML, too deep or too much, or more than one document.</exception>
    public List<ParsingEvent>? Compose()
    {
        ParsingEvent streamStart = parser.Next(), documentStart = parser.Next();
        if (documentStart is StreamEnd) return null;
        Composed root = Node(parser.Next(), 0);
        ParsingEvent documentEnd = parser.Next(), end = parser.Next();
        if (end is DocumentStart) throw Error(end.Start.Line, "found a second YAML document, expected one");
        var events = new List<ParsingEvent> { streamStart, documentStart };
        Write(root, events);
        events.AddRange([documentEnd, end]);
        return events;
    }

    private Composed Node(ParsingEvent start, int depth)
    {
        if (depth > MaxDepth) throw Deep(start.Start.Line);
        if (++_nodes > MaxNodes) throw Error(start.Start.Line, Invariant($"found more than {MaxNodes} values, expected at most that"));
        Composed node = start switch
        {
            AnchorAlias alias => Aliased(alias, depth),
            Scalar scalar => Text(scalar),
            SequenceStart => Collection(start, depth),
            MappingStart => Mapping(Collection(start, depth)),
            _ => throw Error(start.Start.Line, "malformed YAML: expected a value"),
        };
        if (start is NodeEvent { Anchor.IsEmpty: false } anchored) _anchors[anchored.Anchor.Value] = node;
        return node;
    }

    private Composed Aliased(AnchorAlias alias, int depth)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out Composed? node))
            throw Error(alias.Start.Line, $"found *{alias.Value.Value}, expected an anchor &{alias.Value.Value} whose value is complete before it");
        if (depth + node.Height > MaxDepth) throw Deep(alias.Start.Line);
        _nodes += node.Size;
        return _nodes <= MaxNodes ? node : throw Error(alias.Start.Line, Invariant($"found aliases that stand for more than {MaxNodes} values, expected at most that"));
    }

    private Composed Text(Scalar scalar)
    {
        foreach (char c in scalar.Value)
        {
            if (c == 0) throw Error(scalar.Start.Line, "found a text with a NUL character, expected one without");
        }
        if (!IsWellFormed(scalar.Value)) throw Error(scalar.Start.Line, "found half a surrogate pair, expected whole characters");
        return new Composed(scalar, null, []);
    }

    private Composed Collection(ParsingEvent start, int depth)
    {
        string? bracket = start switch { SequenceStart { Style: SequenceStyle.Flow } => "[", MappingStart { Style: MappingStyle.Flow } => "{", _ => null };
        if (bracket is not null) parser.Open.Push(Invariant($"the {bracket} of line {start.Start.Line} is not closed"));
        var items = new List<Composed>();
        ParsingEvent next = parser.Next();
        for (; next is not (SequenceEnd or MappingEnd); next = parser.Next()) items.Add(Node(next, depth + 1));
        if (bracket is not null) parser.Open.Pop();
        // The library is known to lose a key or an end; its own reader would then go astray.
        if (next is MappingEnd != start is MappingStart || (start is MappingStart && items.Count % 2 == 1))
            throw Error(start.Start.Line, "malformed YAML: found a key without a value, or a value without a key");
        return new Composed(start, next, items);
    }

    // Merged keys come first and lose against the mapping's own, as in PyYAML.
    private Composed Mapping(Composed read)
    {
        var (keys, merged) = (new Dictionary<string, (int At, long Line, bool IsOwn)>(StringComparer.Ordinal), new List<Composed>());
        for (int i = 0; i < read.Items.Count; i += 2)
        {
            if (IsMerge(read.Items[i])) Merge(read.Items[i + 1], keys, merged);
        }
        for (int i = 0; i < read.Items.Count; i += 2)
        {
            if (!IsMerge(read.Items[i])) Put(read.Items[i], read.Items[i + 1]);
        }
        return read with { Items = merged };

        void Put(Composed key, Composed value)
        {
            if (key.Start is not Scalar { Value: { } text })
                throw Error(key.Line, $"found a {(key.Start is SequenceStart ? "list" : "mapping")} as a key, expected a word");
            if (!keys.TryGetValue(text, out var before))
            {
                keys[text] = (merged.Count, key.Line, true);
                merged.AddRange([key, value]);
                return;
            }
            if (before.IsOwn && repeated is null)
                throw Error(key.Line, Invariant($"found the key {text} a second time, after line {before.Line}; expected each key once"));
            if (before.IsOwn) repeated!(new RepeatedKey(text, before.Line, key.Line));
            (merged[before.At], merged[before.At + 1]) = (key, value);
            keys[text] = (before.At, key.Line, true);
        }
    }

    private void Merge(Composed from, Dictionary<string, (int At, long Line, bool IsOwn)> keys, List<Composed> merged)
    {
        foreach (Composed one in from.Start is SequenceStart ? from.Items : [from])
        {
            if (one.Start is not MappingStart) throw Error(one.Line, "found no mapping under <<, expected *name of one, or a list of them");
            for (int i = 0; i < one.Items.Count; i += 2)
            {
                if (!keys.TryAdd(((Scalar)one.Items[i].Start).Value, (merged.Count, one.Items[i].Line, false))) continue;
                merged.AddRange([one.Items[i], one.Items[i + 1]]);
            }
        }
    }

    private static bool IsMerge(Composed key) => key.Start is Scalar { Value: "<<", Style: ScalarStyle.Plain };

    private static void Write(Composed node, List<ParsingEvent> events)
    {
        events.Add(Plain(node.Start));
        foreach (Composed item in node.Items) Write(item, events);
        if (node.End is { } end) events.Add(end);
    }

    private static ParsingEvent Plain(ParsingEvent start) => start switch
    {
        NodeEvent { Anchor.IsEmpty: true } => start,
        Scalar s => new Scalar(AnchorName.Empty, s.Tag, s.Value, s.Style, s.IsPlainImplicit, s.IsQuotedImplicit, s.Start, s.End),
        SequenceStart s => new SequenceStart(AnchorName.Empty, s.Tag, s.IsImplicit, s.Style, s.Start, s.End),
        MappingStart s => new MappingStart(AnchorName.Empty, s.Tag, s.IsImplicit, s.Style, s.Start, s.End),
        _ => start,
    };

    private static bool IsWellFormed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return false;
            i++;
        }
        return true;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private ConsortException Deep(long line) => Error(line, Invariant($"found deeper nesting, expected at most {MaxDepth} levels"));

    private ConsortException Error(long line, string message) => new(Invariant($"{source}:{Math.Max(line, 1)}: {message}"));
}
