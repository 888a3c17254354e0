using System.Globalization;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Options;

namespace Consort.Data.Datasets;

/// <summary>How rows are dealt to the splits.</summary>
public enum SplitKind
{
    /// <summary>Each row by a hash of (seed, row number).</summary>
    BySeed,

    /// <summary>In the order of the files: first train, then valid, then test.</summary>
    InOrder,

    /// <summary>Files given for each split.</summary>
    Given,

    /// <summary>By a time in the row.</summary>
    ByTime,

    /// <summary>By a hash of (seed, the text of a column): rows with one text are in one split.</summary>
    ByColumn,
}

/// <summary>Which rows belong to train, valid and test. Use <see cref="BySeed"/>, <see cref="InOrder"/> or <see cref="Given"/>.</summary>
public sealed record SplitPlan
{
    private SplitPlan(SplitKind kind, IReadOnlyList<string> files, IReadOnlyList<int> splits)
    {
        Kind = kind;
        Files = files;
        FileSplits = splits;
        if (files.Count == 0) throw new ConsortException("split: found no source files, expected at least one");
    }

    /// <summary>How rows are dealt.</summary>
    public SplitKind Kind { get; }

    /// <summary>All source files, in the order they are read.</summary>
    public IReadOnlyList<string> Files { get; private init; }

    /// <summary>For given files the split of each (0 train, 1 valid, 2 test, 3 transfer).</summary>
    public IReadOnlyList<int> FileSplits { get; }

    /// <summary>The share of training rows.</summary>
    public double TrainShare { get; private init; } = 1;

    /// <summary>The share of validation rows.</summary>
    public double ValidShare { get; private init; }

    /// <summary>The share of test rows.</summary>
    public double TestShare { get; private init; }

    /// <summary>The seed of <see cref="SplitKind.BySeed"/> and <see cref="SplitKind.ByColumn"/>.</summary>
    public ulong Seed { get; private init; }

    /// <summary>The field of <see cref="SplitKind.ByColumn"/>; null for the schema's field of kind group.</summary>
    public string? Column { get; private init; }

    /// <summary>When which split begins, of <see cref="SplitKind.ByTime"/>.</summary>
    public TimeSplit? Time { get; private init; }

    /// <summary>Which training rows are left out; null for none.</summary>
    public NegativeSample? Sample { get; init; }

    /// <summary>Whether some rows may be for validation.</summary>
    public bool HasValid => Kind switch
    {
        SplitKind.Given => FileSplits.Contains(1),
        SplitKind.ByTime => Time!.ValidFrom is not null,
        _ => ValidShare > 0,
    };

    /// <summary>Each row by a hash of (seed, row number): about these shares, independent of threads.</summary>
    /// <exception cref="ConsortException">Shares that are negative or do not sum to 1, or no files.</exception>
    public static SplitPlan BySeed(IReadOnlyList<string> sources, ulong seed, double train = 0.8, double valid = 0.1, double test = 0.1) =>
        Shared(SplitKind.BySeed, sources, seed, train, valid, test);

    /// <summary>The first rows train, the next valid, the last test; the sources are read once more to count their rows.</summary>
    /// <exception cref="ConsortException">Shares that are negative or do not sum to 1, or no files.</exception>
    public static SplitPlan InOrder(IReadOnlyList<string> sources, double train = 0.8, double valid = 0.1, double test = 0.1) =>
        Shared(SplitKind.InOrder, sources, 0, train, valid, test);

    /// <summary>Rows with one text in a column go to one split, by a hash of (seed, text); rows without a text each by its own.</summary>
    /// <param name="sources">The files.</param>
    /// <param name="column">The field; null for the schema's field of kind group.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="train">About the share of texts whose rows are trained on.</param>
    /// <param name="valid">About that of validation.</param>
    /// <param name="test">About that of the test.</param>
    /// <exception cref="ConsortException">Shares that are negative or do not sum to 1, or no files.</exception>
    public static SplitPlan ByColumn(IReadOnlyList<string> sources, string? column, ulong seed, double train = 0.8, double valid = 0.1,
        double test = 0.1) => Shared(SplitKind.ByColumn, sources, seed, train, valid, test) with { Column = column };

    /// <summary>Rows by their time.</summary>
    /// <exception cref="ConsortException">No files.</exception>
    public static SplitPlan ByTime(IReadOnlyList<string> sources, TimeSplit time) => new(SplitKind.ByTime, sources, []) { Time = time };

    /// <summary>Files given for each split.</summary>
    /// <exception cref="ConsortException">No training file.</exception>
    public static SplitPlan Given(IReadOnlyList<string> train, IReadOnlyList<string>? valid = null, IReadOnlyList<string>? test = null)
    {
        if (train.Count == 0) throw new ConsortException("split: found no training file, expected at least one");
        valid ??= [];
        test ??= [];
        return new SplitPlan(SplitKind.Given, [.. train, .. valid, .. test],
            [.. train.Select(_ => 0), .. valid.Select(_ => 1), .. test.Select(_ => 2)]);
    }

    /// <summary>Files of rows without labels, which an encoder encodes that was fitted before.</summary>
    /// <exception cref="ConsortException">No files.</exception>
    public static SplitPlan Transfer(IReadOnlyList<string> files) => new(SplitKind.Given, files, [.. files.Select(_ => 3)]);

    /// <summary>
    /// Reads a plan: <c>train</c>, <c>valid</c>, <c>test</c> (files), or <c>source</c> (files) with <c>by</c>: <c>seed</c>, <c>order</c>,
    /// <c>group</c> or <c>hash</c> with <c>seed</c> and <c>shares: [0.8, 0.1, 0.1]</c>, or <c>time</c> with what <see cref="TimeSplit"/>
    /// says; beside either <c>sample</c>. The caller closes the map.
    /// </summary>
    /// <param name="map">The options.</param>
    /// <param name="folder">What relative paths start from. A name such as <c>train.csv | train_rebuilt.csv</c> means the first that
    /// exists.</param>
    /// <exception cref="ConsortException">A mistake in the options, or a file that does not exist.</exception>
    public static SplitPlan Load(OptionMap map, string folder)
    {
        string[] Files(string key) => [.. Places(map, key, folder)];
        string[] source = Files("source"), train = Files("train"), valid = Files("valid"), test = Files("test");
        var by = map.Choice("by", "seed", SplitWords.Ways.ToDictionary(way => way));
        var sample = NegativeSample.Load(map);
        var seed = map.Long("seed", 0, 0, long.MaxValue);
        var shares = map.Numbers("shares", [0.8, 0.1, 0.1], 0, 1);
        if (shares.Count != 3) throw map.Error("shares", $"found {shares.Count} numbers, expected train, valid and test");
        if (source.Length > 0 == train.Length > 0) throw map.Error("source", "expected either source or train files");
        if (train.Length > 0) return Given(train, valid, test) with { Sample = sample };
        if (valid.Length + test.Length > 0) throw map.Error("valid", "found valid or test files beside source, expected them beside train");
        return AtItsLine(map, () => SplitWords.Plan(by, source, map.TextOrNull("column"), (ulong)seed, shares, () => TimeSplit.Load(map)))
            with
        { Sample = sample };
    }

    /// <summary>Checks that a schema has the column that the plan names.</summary>
    /// <param name="map">The options that it was loaded from.</param>
    /// <param name="schema">What the rows are.</param>
    /// <exception cref="ConsortException">It has none, or one that cannot decide.</exception>
    public void Check(OptionMap map, Schema schema) => AtItsLine(map, () => SplitColumn.Of(this, schema));

    // What words mean together is said alike to all who say them; who wrote them in a file is told the line.
    private static T AtItsLine<T>(OptionMap map, Func<T> make)
    {
        const string Mark = "split: ";
        try
        {
            return make();
        }
        catch (ConsortException e) when (e.Message.StartsWith(Mark, StringComparison.Ordinal))
        {
            throw map.Error(e.Key is { } key && map.Has(key) ? key : "by", e.Message[Mark.Length..]);
        }
    }

    /// <summary>The same plan over other files, as many and in the same order.</summary>
    internal SplitPlan Over(IReadOnlyList<string> files) => this with { Files = files };

    /// <summary>The same plan over some of its files.</summary>
    /// <param name="places">Their places among them.</param>
    internal SplitPlan Over(IReadOnlyList<int> places)
    {
        string[] files = [.. places.Select(p => Files[p])];
        return Kind == SplitKind.Given
            ? new SplitPlan(Kind, files, [.. places.Select(p => FileSplits[p])]) { Sample = Sample } : Over(files);
    }

    /// <summary>The plan without its paths, as text; part of a dataset's key.</summary>
    public string Describe() => SplitWords.Of(this);

    /// <summary>Reads what <see cref="Describe"/> wrote.</summary>
    /// <param name="text">The plan without its paths.</param>
    /// <param name="files">All source files, in the order they are read.</param>
    /// <exception cref="ConsortException">It is no such text, or of other files.</exception>
    public static SplitPlan Parse(string text, IReadOnlyList<string> files) => SplitWords.Parse(text, files);

    /// <summary>Files of each split by number, as <see cref="FileSplits"/> has them.</summary>
    internal static SplitPlan OfFiles(IReadOnlyList<string> files, IReadOnlyList<int> splits) => new(SplitKind.Given, files, splits);

    /// <summary>
    /// The places that a key names: a text, a list of texts, or keys and values such as <c>{ sql: "select …" }</c>. A text is a file, a
    /// folder, a pattern, <c>-</c>, or what a package reads; of <c>train.csv | train_rebuilt.csv</c> it is the first that there is.
    /// </summary>
    /// <param name="map">The options.</param>
    /// <param name="key">The key.</param>
    /// <param name="folder">What relative names start from.</param>
    /// <exception cref="ConsortException">Nothing is there.</exception>
    public static IReadOnlyList<string> Places(OptionMap map, string key, string folder) => Places(map, key, folder, (_, e) => throw e);

    /// <summary>The places that a key names, some of which may be gone.</summary>
    /// <param name="map">The options.</param>
    /// <param name="key">The key.</param>
    /// <param name="folder">What relative names start from.</param>
    /// <param name="absent">
    /// Told the full path of a name that nothing is there for, the first of several, and what to say of it; returns the places that it
    /// stands for all the same.
    /// </param>
    /// <exception cref="ConsortException">A name is empty or asks for what nobody reads.</exception>
    public static IReadOnlyList<string> Places(OptionMap map, string key, string folder,
        Func<string, ConsortException, IReadOnlyList<string>> absent)
    {
        var catalogue = map.Catalogues.Of(SourceCatalogue.BuiltIn);
        return [.. map.Items<IReadOnlyList<string>>(key, [], Locate, keys => [catalogue.Read(keys, folder)]).SelectMany(p => p)];

        IReadOnlyList<string> Locate(string names)
        {
            string[] choices;
            try
            {
                // YAML's null is a text here, so a file of that name is still found.
                if (string.IsNullOrWhiteSpace(names)
                    || names is "null" or "~" && !File.Exists(Path.GetFullPath(names, Path.GetFullPath(folder))))
                    throw new ConsortException("found an empty name, expected rows: a file, a folder, a pattern, sql:QUERY or duckdb:FILE#TABLE");
                if (!SourcePlace.IsFile(names)) return catalogue.Places(names, folder);
                choices = names.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                var found = choices.Select(name => SourceFiles.Of(name == "-" ? name : Path.GetFullPath(name, Path.GetFullPath(folder))));
                if (found.FirstOrDefault(f => f.Count > 0) is { } files) return files;
            }
            catch (ConsortException e)
            {
                throw map.Error(key, e.Message);
            }
            return absent(choices.Length == 0 ? "" : Path.GetFullPath(choices[0], Path.GetFullPath(folder)), map.Error(key,
                $"found no {string.Join(" or ", choices)} in {Path.GetFullPath(folder)}, expected {(choices.Length > 1 ? "one of them" : "it there")}"));
        }
    }

    private static SplitPlan Shared(SplitKind kind, IReadOnlyList<string> sources, ulong seed, double train, double valid, double test)
    {
        if (!(train > 0 && valid >= 0 && test >= 0 && Math.Abs(train + valid + test - 1) < 1e-9))
        {
            throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
                $"split: found shares {train}, {valid}, {test}, expected train above 0, none negative and a sum of 1"))
            { Key = "shares" };
        }
        return new SplitPlan(kind, sources, []) { Seed = seed, TrainShare = train, ValidShare = valid, TestShare = test };
    }
}
