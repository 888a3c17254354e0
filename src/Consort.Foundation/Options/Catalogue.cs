namespace Consort.Foundation.Options;

/// <summary>Something that a file can name, with options.</summary>
/// <param name="Name">The name.</param>
/// <param name="Summary">What it is, in a line.</param>
/// <param name="Source">The paper, or -.</param>
/// <param name="Options">Its options.</param>
/// <param name="Create">Reads its options.</param>
public sealed record CatalogueEntry<T>(string Name, string Summary, string Source, OptionSet Options, Func<OptionMap, T> Create);

/// <summary>What a key can name, in the order in which it is listed.</summary>
public sealed class Catalogue<T>
{
    private readonly string _key;
    private readonly string? _usual;
    private readonly StringComparer _names;

    /// <summary>A catalogue without entries yet.</summary>
    /// <param name="key">The key.</param>
    /// <param name="usual">The name that holds where the key is absent; null where it must not be.</param>
    /// <param name="names">How names are compared; null for as they are written.</param>
    public Catalogue(string key, string? usual = null, StringComparer? names = null) : this(key, usual, names ?? StringComparer.Ordinal, [])
    {
    }

    private Catalogue(string key, string? usual, StringComparer names, IReadOnlyList<CatalogueEntry<T>> entries) =>
        (_key, _usual, _names, Entries) = (key, usual, names, entries);

    /// <summary>The entries.</summary>
    public IReadOnlyList<CatalogueEntry<T>> Entries { get; }

    /// <summary>Their names.</summary>
    public IEnumerable<string> Names => Entries.Select(e => e.Name);

    /// <summary>The entry of a name, or null.</summary>
    public CatalogueEntry<T>? Find(string name) => Entries.FirstOrDefault(e => _names.Equals(e.Name, name));

    /// <summary>The catalogue with one more entry.</summary>
    /// <param name="name">The name.</param>
    /// <param name="summary">What it is, in a line.</param>
    /// <param name="source">The paper, or -.</param>
    /// <param name="options">Its options.</param>
    /// <param name="make">Makes it from these.</param>
    public Catalogue<T> With<TOptions>(string name, string summary, string source, OptionSet<TOptions> options, Func<TOptions, T> make) =>
        new(_key, _usual, _names, [.. Entries, new CatalogueEntry<T>(name, summary, source, options, map => make(options.Read(map)))]);

    /// <summary>
    /// Makes what the key names, by this catalogue or the one that the map has in its place; the other keys are its options, and the caller
    /// closes the map.
    /// </summary>
    /// <exception cref="ConsortException">No such name, of which the message names the nearest, or an option out of range.</exception>
    public T Create(OptionMap map) => map.Catalogues.Of(this).Make(map);

    private T Make(OptionMap map)
    {
        if (_usual is null && !map.Has(_key))
            throw map.Error(_key, $"found nothing, expected one of {string.Join(", ", Names)}");
        return map.Choice(_key, Find(_usual ?? "") ?? Entries[0], Entries.ToDictionary(e => e.Name, _names)).Create(map);
    }
}
