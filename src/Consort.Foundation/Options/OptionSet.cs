namespace Consort.Foundation.Options;

/// <summary>Options that are declared once; from the declaration come reading, checking, writing, help and tables.</summary>
public abstract class OptionSet
{
    private IReadOnlyList<OptionFacts>? _facts;

    /// <summary>The options, in the order in which they are read.</summary>
    public IReadOnlyList<OptionFacts> Facts => _facts ??= Describe();

    /// <summary>Their names.</summary>
    public IEnumerable<string> Keys => Facts.Select(f => f.Key);

    /// <summary>Whether there is such an option.</summary>
    public bool Has(string key) => Keys.Contains(key, StringComparer.Ordinal);

    /// <summary>The option of a key.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public OptionFacts Of(string key) => Facts.First(f => f.Key == key);

    /// <summary>Reads one option of a map by itself, without the rules that set it beside others.</summary>
    /// <exception cref="ConsortException">Its value is none of those declared.</exception>
    public abstract void CheckOne(OptionMap map, string key);

    private protected abstract IReadOnlyList<OptionFacts> Describe();
}

/// <summary>
/// The options of an immutable record, each a key with its property, its range and a sentence; what holds where a key is absent is what the
/// record begins with.
/// </summary>
public sealed class OptionSet<T> : OptionSet
{
    private readonly Func<T> _defaults;
    private readonly IReadOnlyList<DeclaredOption<T>> _options;
    private readonly IReadOnlyList<(string Key, Func<T, string?> Mistake)> _rules;

    /// <summary>A set without options yet.</summary>
    /// <param name="defaults">Makes the record; called when options are read, not before.</param>
    public OptionSet(Func<T> defaults) : this(defaults, [], [])
    {
    }

    private OptionSet(Func<T> defaults, IReadOnlyList<DeclaredOption<T>> options, IReadOnlyList<(string, Func<T, string?>)> rules) =>
        (_defaults, _options, _rules) = (defaults, options, rules);

    /// <summary>The set with one more option.</summary>
    /// <param name="key">Its name in a file.</param>
    /// <param name="get">The property.</param>
    /// <param name="set">The record with another value; where the property calls <see cref="Checked"/>, only with one in range.</param>
    /// <param name="domain">The values that it may have.</param>
    /// <param name="meaning">A sentence.</param>
    public OptionSet<T> Add<TValue>(string key, Func<T, TValue> get, Func<T, TValue, T> set, Domain<TValue> domain, string meaning) =>
        new(_defaults, [.. _options, new DeclaredOption<T, TValue>(key, get, set, domain, meaning)], _rules);

    /// <summary>The set with all options of a part.</summary>
    /// <param name="part">Those of the part.</param>
    /// <param name="get">The part.</param>
    /// <param name="set">The record with another part.</param>
    /// <param name="prefix">What their keys begin with here.</param>
    /// <param name="of">Which part it is, where there are several; begins their sentences.</param>
    public OptionSet<T> Include<TPart>(OptionSet<TPart> part, Func<T, TPart> get, Func<T, TPart, T> set, string prefix = "",
        string? of = null) => new(
        _defaults,
        [.. _options, .. part._options.Select(o => o.Within(get, set, prefix, of is null ? "" : $"{of}: "))],
        [.. _rules, .. part._rules.Select(r => (prefix + r.Key, (Func<T, string?>)(options => r.Mistake(get(options)))))]);

    /// <summary>The set with a rule over several options.</summary>
    /// <param name="key">The option that messages name.</param>
    /// <param name="mistake">Says what was found and expected; null where all is well.</param>
    public OptionSet<T> Require(string key, Func<T, string?> mistake) => new(_defaults, _options, [.. _rules, (key, mistake)]);

    /// <summary>The set without some options and the rules that name them.</summary>
    public OptionSet<T> Without(params string[] keys) =>
        new(_defaults, [.. _options.Where(o => !keys.Contains(o.Key))], [.. _rules.Where(r => !keys.Contains(r.Key))]);

    /// <summary>Reads the options; the caller closes the map, which rejects other keys.</summary>
    /// <exception cref="ConsortException">A value is out of its range, or some do not go together.</exception>
    public T Read(OptionMap map) => Read(map, isAll: false);

    /// <summary>
    /// Reads the options of a map that has no others: a misspelled key is named rather than the value that it leaves out.
    /// </summary>
    /// <exception cref="ConsortException">An unknown key, a value that is out of its range, or some do not go together.</exception>
    public T ReadAll(OptionMap map) => Read(map, isAll: true);

    private T Read(OptionMap map, bool isAll)
    {
        var options = _options.Aggregate(_defaults(), (before, option) => option.Read(map, before));
        if (isAll)
            map.Close();
        foreach (var (key, mistake) in _rules)
            if (mistake(options) is { } message)
                throw map.Error(key, message);
        return options;
    }

    /// <inheritdoc/>
    public override void CheckOne(OptionMap map, string key) => _options.First(o => o.Key == key).Read(map, _defaults());

    /// <summary>The value, where it is in range: for the property's <c>init</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not; names option, value and range.</exception>
    public TValue Checked<TValue>(string key, TValue value)
    {
        var domain = ((DeclaredOption<T, TValue>)_options.First(o => o.Key == key)).Domain;
        return domain.Holds(value) ? value : throw new ArgumentOutOfRangeException(key, domain.Show(value), $"expected {domain.Range}");
    }

    /// <summary>Checks the rules over several options.</summary>
    /// <exception cref="ArgumentException">Some do not go together.</exception>
    public void Check(T options)
    {
        foreach (var (key, mistake) in _rules)
            if (mistake(options) is { } message)
                throw new ArgumentException(message, key);
    }

    /// <summary>Every option as a file says it; what is read from these is the same again.</summary>
    public IEnumerable<(string Key, string Value)> Write(T options) => _options.Select(o => (o.Key, o.Show(options)));

    /// <summary>Whether two records have the same options, lists by their items.</summary>
    public bool AreEqual(T one, T other) => Write(one).SequenceEqual(Write(other));

    private protected override IReadOnlyList<OptionFacts> Describe()
    {
        var defaults = _defaults();
        return [.. _options.Select(o => o.Facts(defaults))];
    }
}
