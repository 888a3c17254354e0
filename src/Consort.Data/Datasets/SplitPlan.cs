using System.Globalization;
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

    /// <summary>The seed of <see cref="SplitKind.BySeed"/>.</summary>
    public ulong Seed { get; private init; }

    /// <summary>Each row by a hash of (seed, row number): about these shares, independent of threads.</summary>
    /// <exception cref="ConsortException">Shares that are negative or do not sum to 1, or no files.</exception>
    public static SplitPlan BySeed(IReadOnlyList<string> sources, ulong seed, double train = 0.8, double valid = 0.1, double test = 0.1) =>
        Shared(SplitKind.BySeed, sources, seed, train, valid, test);

    /// <summary>The first rows train, the next valid, the last test; the sources are read once more to count their rows.</summary>
    /// <exception cref="ConsortException">Shares that are negative or do not sum to 1, or no files.</exception>
    public static SplitPlan InOrder(IReadOnlyList<string> sources, double train = 0.8, double valid = 0.1, double test = 0.1) =>
        Shared(SplitKind.InOrder, sources, 0, train, valid, test);

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
    /// Reads a plan: <c>train</c>, <c>valid</c>, <c>test</c> (files), or <c>source</c> (files) with <c>by: seed</c> or <c>by: order</c>,
    /// <c>seed</c> and <c>shares: [0.8, 0.1, 0.1]</c>. The caller closes the map.
    /// </summary>
    /// <param name="map">The options.</param>
    /// <param name="folder">What relative paths start from. A name such as <c>train.csv | train_rebuilt.csv</c> means the first that
    /// exists.</param>
    /// <exception cref="ConsortException">A mistake in the options, or a file that does not exist.</exception>
    public static SplitPlan Load(OptionMap map, string folder)
    {
        string[] Files(string key) => [.. Places(map, key, folder)];
        string[] source = Files("source"), train = Files("train"), valid = Files("valid"), test = Files("test");
        var byOrder = map.Choice("by", false, new Dictionary<string, bool> { ["seed"] = false, ["order"] = true });
        var seed = map.Long("seed", 0, 0, long.MaxValue);
        var shares = map.Numbers("shares", [0.8, 0.1, 0.1], 0, 1);
        if (shares.Count != 3) throw map.Error("shares", $"found {shares.Count} numbers, expected train, valid and test");
        if (source.Length > 0 == train.Length > 0) throw map.Error("source", "expected either source or train files");
        if (train.Length > 0) return Given(train, valid, test);
        if (valid.Length + test.Length > 0) throw map.Error("valid", "found valid or test files beside source, expected them beside train");
        return byOrder ? InOrder(source, shares[0], shares[1], shares[2]) : BySeed(source, (ulong)seed, shares[0], shares[1], shares[2]);
    }

    /// <summary>The same plan over other files, as many and in the same order.</summary>
    internal SplitPlan Over(IReadOnlyList<string> files) => this with { Files = files };

    /// <summary>The plan without its paths, as text; part of a dataset's key.</summary>
    public string Describe() => Kind switch
    {
        SplitKind.Given => "given " + string.Concat(FileSplits.Select(s => s.ToString(CultureInfo.InvariantCulture))),
        SplitKind.BySeed => string.Create(CultureInfo.InvariantCulture, $"seed {Seed} shares {TrainShare:R} {ValidShare:R} {TestShare:R}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"order shares {TrainShare:R} {ValidShare:R} {TestShare:R}"),
    };

    /// <summary>Reads what <see cref="Describe"/> wrote.</summary>
    /// <param name="text">The plan without its paths.</param>
    /// <param name="files">All source files, in the order they are read.</param>
    /// <exception cref="ConsortException">It is no such text, or of other files.</exception>
    public static SplitPlan Parse(string text, IReadOnlyList<string> files)
    {
        var words = text.Split(' ');
        double[] shares = [.. words.SkipWhile(w => w != "shares").Skip(1)
            .Select(w => double.TryParse(w, CultureInfo.InvariantCulture, out var share) ? share : double.NaN)];
        return words switch
        {
            ["given", var splits] when splits.Length == files.Count && splits.All(c => c is '0' or '1' or '2') =>
                new SplitPlan(SplitKind.Given, files, [.. splits.Select(c => c - '0')]),
            ["seed", var seed, "shares", _, _, _] when ulong.TryParse(seed, CultureInfo.InvariantCulture, out var number) =>
                BySeed(files, number, shares[0], shares[1], shares[2]),
            ["order", "shares", _, _, _] => InOrder(files, shares[0], shares[1], shares[2]),
            _ => throw new ConsortException($"split: found \"{text}\" for {files.Count} files, expected given, seed or order"),
        };
    }

    /// <summary>
    /// The places that a key names: a text, a list of texts, or keys and values such as <c>{ sql: "select …" }</c>. A text is a file, a
    /// folder, a pattern, <c>-</c>, or what a package reads; of <c>train.csv | train_rebuilt.csv</c> it is the first that there is.
    /// </summary>
    /// <param name="map">The options.</param>
    /// <param name="key">The key.</param>
    /// <param name="folder">What relative names start from.</param>
    /// <exception cref="ConsortException">Nothing is there.</exception>
    public static IReadOnlyList<string> Places(OptionMap map, string key, string folder)
    {
        var catalogue = map.Catalogues.Of(SourceCatalogue.BuiltIn);
        return [.. map.Items<IReadOnlyList<string>>(key, [], Locate, keys => [catalogue.Read(keys, folder)]).SelectMany(p => p)];

        IReadOnlyList<string> Locate(string names)
        {
            try
            {
                if (!SourcePlace.IsFile(names)) return catalogue.Places(names, folder);
                var choices = names.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                var found = choices.Select(name => SourceFiles.Of(name == "-" ? name : Path.GetFullPath(name, Path.GetFullPath(folder))));
                return found.FirstOrDefault(f => f.Count > 0)
                    ?? throw new ConsortException($"found no {string.Join(" or ", choices)} in {Path.GetFullPath(folder)}");
            }
            catch (ConsortException e)
            {
                throw map.Error(key, e.Message);
            }
        }
    }

    private static SplitPlan Shared(SplitKind kind, IReadOnlyList<string> sources, ulong seed, double train, double valid, double test)
    {
        if (!(train > 0 && valid >= 0 && test >= 0 && Math.Abs(train + valid + test - 1) < 1e-9))
        {
            throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
                $"split: found shares {train}, {valid}, {test}, expected train above 0, none negative and a sum of 1"));
        }
        return new SplitPlan(kind, sources, []) { Seed = seed, TrainShare = train, ValidShare = valid, TestShare = test };
    }
}
