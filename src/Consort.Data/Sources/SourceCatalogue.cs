using Consort.Data.Schemas;
using Consort.Foundation.Files;
using Consort.Foundation.Options;

namespace Consort.Data.Sources;

/// <summary>
/// The kinds of sources that rows come from: texts, by a schema's <c>format</c>, and others, each known by the first bytes of its files or
/// by the word that its places begin with.
/// </summary>
public sealed class SourceCatalogue
{
    private const int HeadBytes = 16;
    private readonly IReadOnlyDictionary<DataFormat, Func<SourceRequest, IRowSource>> _texts;
    private readonly IReadOnlyList<SourceKind> _others;

    /// <param name="texts">What opens each.</param>
    internal SourceCatalogue(IReadOnlyDictionary<DataFormat, Func<SourceRequest, IRowSource>> texts) : this(texts, [])
    {
    }

    private SourceCatalogue(IReadOnlyDictionary<DataFormat, Func<SourceRequest, IRowSource>> texts, IReadOnlyList<SourceKind> others) =>
        (_texts, _others) = (texts, others);

    /// <summary>Those of this room: texts.</summary>
    public static SourceCatalogue BuiltIn { get; } = new(new Dictionary<DataFormat, Func<SourceRequest, IRowSource>>
    {
        [DataFormat.Delimited] = request => new DelimitedSource(request),
        [DataFormat.Libsvm] = request => new PairSource(request),
        [DataFormat.Libffm] = request => new PairSource(request),
    });

    /// <summary>These and another kind, or in place of the one of its name.</summary>
    public SourceCatalogue With(SourceKind kind) => new(_texts, [.. _others.Where(k => k.Name != kind.Name), kind]);

    /// <summary>The name of a place's kind: that of a package, or the schema's format.</summary>
    /// <exception cref="ConsortException">No package that this program has knows such a place.</exception>
    public string KindOf(string place, Schema schema) => Find(place)?.Name ?? Words.Of(schema.Format);

    /// <summary>The columns of a place that has them by itself; null of a text.</summary>
    /// <exception cref="ConsortException">It cannot be read, or no package that this program has knows it.</exception>
    public IReadOnlyList<SourceColumn>? ColumnsOf(string place) => Find(place)?.Columns(place);

    /// <summary>The places that a text names: files, by <see cref="SourceFiles"/>, or one that a package reads.</summary>
    /// <param name="name">The text.</param>
    /// <param name="folder">What relative names start from; null where they stay as they are.</param>
    /// <exception cref="ConsortException">No file fits, or no package that this program has knows it.</exception>
    public IReadOnlyList<string> Places(string name, string? folder = null)
    {
        if (SourcePlace.WordOf(name) is null)
            return SourceFiles.Some(folder is null || name is "-" or "" ? name : Path.GetFullPath(name, Path.GetFullPath(folder)));
        return [Find(name)!.Resolve is { } resolve ? resolve(name, Path.GetFullPath(folder ?? ".")) : name];
    }

    /// <summary>A place in full as a file in a folder names it, so that both may be moved; a file stays as it is.</summary>
    internal string Relate(string place, string folder) =>
        SourcePlace.IsFile(place) || Find(place)!.Relate is not { } relate ? place : relate(place, Path.GetFullPath(folder));

    /// <summary>What a place holds that is not what was recorded; null where it is the same.</summary>
    /// <param name="recorded">What it was.</param>
    /// <param name="place">Where it is now. What is no file is read to its end.</param>
    /// <param name="schema">By which it was read.</param>
    /// <exception cref="ConsortException">It cannot be read.</exception>
    public string? Difference(SourceIdentity recorded, string place, Schema schema) =>
        Difference(recorded, place, schema, CancellationToken.None);

    /// <inheritdoc cref="Difference(SourceIdentity, string, Schema)"/>
    internal string? Difference(SourceIdentity recorded, string place, Schema schema, CancellationToken cancellation)
    {
        if (SourcePlace.IsFile(place)) return recorded.Difference(place);
        var rules = RowRules.Fitted(labelRequired: false, passesOver: true);
        using var source = Open(new SourceRequest(place, schema, rules, Block.DefaultBytes, cancellation));
        using var block = new Block();
        long rows = 0;
        while (source.Read(block)) rows += block.Rows;
        return source.Identify(rows).Hash == recorded.Hash ? null : $"{SourcePlace.Show(place)}: its rows have changed";
    }

    /// <summary>The place that keys of a file name, such as <c>{ sql: "select …" }</c>; the caller closes the map.</summary>
    /// <param name="map">The keys.</param>
    /// <param name="folder">What relative names start from.</param>
    /// <exception cref="ConsortException">No kind has such keys, or one of them is wrong.</exception>
    public string Read(OptionMap map, string folder)
    {
        if (_others.FirstOrDefault(k => k.Read is not null && k.Words.Any(map.Has)) is { } kind) return kind.Read!(map, folder);
        string[] words = [.. SourcePlace.Words.Keys.Where(w => w != TypedRows.Word)];
        if (Array.Find(words, map.Has) is { } word) throw map.Error(word, SourcePlace.Absent(word));
        throw new ConsortException($"{map.Where()}: found keys and values that name no source, expected one of {string.Join(", ", words)}, or a text");
    }

    /// <summary>Opens a source; nothing is read before its first block.</summary>
    /// <exception cref="ConsortException">It cannot be opened, or nobody knows its format.</exception>
    internal IRowSource Open(SourceRequest request)
    {
        if (Find(request.Path) is { } kind)
        {
            if (request.Schema.Format == DataFormat.Delimited) return kind.Open(request);
            throw new ConsortException($"{SourcePlace.Show(request.Path)}: its columns have names, expected a schema of format delimited, found {Words.Of(request.Schema.Format)}");
        }
        return _texts.TryGetValue(request.Schema.Format, out var open)
            ? open(request)
            : throw new ConsortException($"{request.Path}: nothing here reads format {Words.Of(request.Schema.Format)}, expected one of {string.Join(", ", _texts.Keys.Select(Words.Of))}");
    }

    /// <summary>These texts, with another for a format.</summary>
    internal SourceCatalogue With(DataFormat format, Func<SourceRequest, IRowSource> open) =>
        new(new Dictionary<DataFormat, Func<SourceRequest, IRowSource>>(_texts) { [format] = open }, _others);

    private SourceKind? Find(string place)
    {
        if (SourcePlace.WordOf(place) is { } word)
            return _others.FirstOrDefault(k => k.Words.Contains(word) && (k.Place ?? place) == place)
                ?? throw new ConsortException($"{SourcePlace.Show(place)}: {SourcePlace.Absent(word)}");
        // A pipe gives its first bytes only once.
        if (_others.All(k => k.IsFile is null) || FileFacts.Of(place).Kind != FileKind.File) return null;
        var head = new byte[HeadBytes];
        using var file = SourceStream.Open(place);
        head = head[..file.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false)];
        return _others.FirstOrDefault(k => k.IsFile?.Invoke(head) == true);
    }
}
