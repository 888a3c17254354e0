namespace Consort.Foundation.Options;

/// <summary>What is to be known of an option without a value of it.</summary>
/// <param name="Key">Its name in a file.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Range">The values that it may have.</param>
/// <param name="Default">The value that holds where the key is absent.</param>
/// <param name="Meaning">A sentence.</param>
public sealed record OptionFacts(string Key, OptionKind Kind, string Range, string Default, string Meaning)
{
    /// <summary>Where a search for a good value looks unless it is told; null where it leaves the option alone.</summary>
    public SearchRange? Search { get; init; }
}

/// <summary>One option of a set.</summary>
internal abstract record DeclaredOption<T>(string Key)
{
    /// <summary>What is to be known of it, where these are the defaults.</summary>
    public abstract OptionFacts Facts(T defaults);

    /// <summary>The options with the value that a map gives.</summary>
    public abstract T Read(OptionMap map, T options);

    /// <summary>The value that options have, as it stands in a file.</summary>
    public abstract string Show(T options);

    /// <summary>The option as one of a larger set.</summary>
    public abstract DeclaredOption<TWhole> Within<TWhole>(Func<TWhole, T> get, Func<TWhole, T, TWhole> set, string prefix, string of);
}

/// <inheritdoc cref="DeclaredOption{T}"/>
internal sealed record DeclaredOption<T, TValue>(string Key, Func<T, TValue> Get, Func<T, TValue, T> Set, Domain<TValue> Domain,
    string Meaning)
    : DeclaredOption<T>(Key)
{
    public override OptionFacts Facts(T defaults) => new(Key, Domain.Kind, Domain.Range, Show(defaults), Meaning)
    {
        Search = Domain.Search,
    };

    public override T Read(OptionMap map, T options) => Set(options, Domain.Read(map, Key, Get(options)));

    public override string Show(T options) => Domain.Show(Get(options));

    public override DeclaredOption<TWhole> Within<TWhole>(Func<TWhole, T> get, Func<TWhole, T, TWhole> set, string prefix, string of) =>
        new DeclaredOption<TWhole, TValue>(prefix + Key, w => Get(get(w)), (w, v) => set(w, Set(get(w), v)), Domain, of + Meaning);
}
