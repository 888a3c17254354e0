namespace Consort.Foundation.Options;

/// <summary>Something that a file can name, with options.</summary>
/// <param name="Name">The name.</param>
/// <param name="Summary">What it is, in a line.</param>
/// <param name="Source">The paper, or -.</param>
/// <param name="Options">Its options.</param>
/// <param name="Create">Reads its options.</param>
public sealed record CatalogueEntry<T>(string Name, string Summary, string Source, OptionSet Options, Func<OptionMap, T> Create)
{
    /// <summary>An entry whose options are a record's.</summary>
    /// <param name="name">The name.</param>
    /// <param name="summary">What it is, in a line.</param>
    /// <param name="source">The paper, or -.</param>
    /// <param name="options">Its options.</param>
    /// <param name="make">Makes it from these.</param>
    public static CatalogueEntry<T> Of<TOptions>(string name, string summary, string source, OptionSet<TOptions> options, Func<TOptions, T> make) =>
        new(name, summary, source, options, map => make(options.Read(map)));
}

/// <summary>What a key can name.</summary>
/// <param name="key">The key.</param>
/// <param name="ignoreCase">Whether names are found however they are written.</param>
/// <param name="usual">The name that holds where the key is absent; null where it must not be.</param>
/// <param name="entries">The entries, in the order in which they are listed.</param>
public sealed class Catalogue<T>(string key, bool ignoreCase, string? usual, params IReadOnlyList<CatalogueEntry<T>> entries)
{
    private readonly Dictionary<string, CatalogueEntry<T>> _byName =
        entries.ToDictionary(e => e.Name, ignoreCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);

    /// <summary>The entries.</summary>
    public IReadOnlyList<CatalogueEntry<T>> Entries => entries;

    /// <summary>The entry of a name, or null.</summary>
    public CatalogueEntry<T>? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The catalogue with one more entry.</summary>
    public Catalogue<T> With(CatalogueEntry<T> entry) => new(key, ignoreCase, usual, [.. entries, entry]);

    /// <summary>Makes what the key names; the other keys are its options, and the caller closes the map.</summary>
    /// <exception cref="ConsortException">No such name, of which the message names the nearest, or an option out of range.</exception>
    public T Create(OptionMap map)
    {
        if (usual is null && !map.Has(key))
            throw map.Error(key, $"found nothing, expected one of {string.Join(", ", entries.Select(e => e.Name))}");
        return map.Choice(key, _byName[usual ?? entries[0].Name], _byName).Create(map);
    }
}
