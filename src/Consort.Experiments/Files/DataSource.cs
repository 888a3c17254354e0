using System.Security.Cryptography;
using System.Text;
using Consort.Data;
using Consort.Data.Options;
using Consort.Data.Schemas;

namespace Consort.Experiments.Files;

/// <summary>
/// The section <c>data</c> of an experiment: a folder that is encoded already, or raw files with a schema and a split.
/// </summary>
public sealed record DataSource
{
    /// <summary>An encoded dataset, or null where raw files are given.</summary>
    public string? Encoded { get; init; }

    /// <summary>How rows look; null for an encoded dataset.</summary>
    public Schema? Schema { get; init; }

    /// <summary>One raw file that <see cref="Ratios"/> cut into splits, or null.</summary>
    public string? File { get; init; }

    /// <summary>The training rows, or null where one file is cut.</summary>
    public string? Train { get; init; }

    /// <summary>The validation rows, or null.</summary>
    public string? Valid { get; init; }

    /// <summary>The test rows, or null.</summary>
    public string? Test { get; init; }

    /// <summary>Whether one file is cut in its own order (time) rather than by seed.</summary>
    public bool InOrder { get; init; }

    /// <summary>Shares of training, validation and test rows; they sum to 1.</summary>
    public IReadOnlyList<double> Ratios { get; init; } = [0.8, 0.1, 0.1];

    /// <summary>The seed that a split by seed draws from.</summary>
    public ulong SplitSeed { get; init; } = 1;

    /// <summary>Where the encoded rows are kept; null for a folder below <c>.consort</c>, named by a digest of the source.</summary>
    public string? Cache { get; init; }

    /// <summary>The raw files there are.</summary>
    public IEnumerable<string> Files => new[] { File, Train, Valid, Test }.OfType<string>();

    /// <summary>
    /// Reads <c>encoded</c>, or <c>schema</c> with <c>file</c> and <c>split: { by, ratios, seed }</c>, or with
    /// <c>train</c>, <c>valid</c>, <c>test</c>. A list of file names means the first that exists.
    /// </summary>
    /// <exception cref="ConsortException">A key is missing or contradicts another, or a file is missing.</exception>
    public static DataSource From(OptionMap options, string folder)
    {
        if (options.Has("encoded"))
            return new DataSource { Encoded = Path.GetFullPath(options.Text("encoded"), Path.GetFullPath(folder)) };

        var source = new DataSource
        {
            Schema = ReadSchema(options, folder),
            File = FindFile(options, "file", folder),
            Train = FindFile(options, "train", folder),
            Valid = FindFile(options, "valid", folder),
            Test = FindFile(options, "test", folder),
            Cache = options.TextOrNull("cache") is { } cache ? Path.GetFullPath(cache) : null,
        };
        if (source.File is null == source.Train is null)
            throw options.Error("file", "expected either `file` (cut into splits) or `train`, `valid` and `test`");
        if (source.File is null)
            return source;
        if (source.Valid is not null || source.Test is not null)
            throw options.Error("file", "expected no `valid` or `test` beside `file`");
        return options.Map("split") is { } split ? source.WithSplit(split) : source;
    }

    /// <summary>The folder of the encoded rows, the same for the same files, schema and split.</summary>
    public string CacheFolder()
    {
        if (Cache is not null)
            return Cache;
        var text = new StringBuilder(Schema!.ToYaml());
        foreach (var file in Files)
            text.AppendLine(file);
        text.AppendJoin(' ', Ratios).Append(InOrder).Append(SplitSeed);
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
        return Path.GetFullPath(Path.Combine(".consort", "data", $"{Path.GetFileNameWithoutExtension(Train ?? File)}-{digest}"));
    }

    private static Schema ReadSchema(OptionMap options, string folder)
    {
        try
        {
            if (options.Map("schema") is { } map)
                return Schema.Load(map);
        }
        catch (ConsortException) when (options.TextOrNull("schema") is { } && IsText(options))
        {
        }

        var name = options.Text("schema");
        var beside = Path.GetFullPath(name, Path.GetFullPath(folder));
        return Schema.Load(System.IO.File.Exists(beside) ? beside : name);
    }

    private static bool IsText(OptionMap options) => options.TextOrNull("schema") is not null;

    private static string? FindFile(OptionMap options, string key, string folder)
    {
        var names = options.Texts(key, []);
        if (names.Count == 0)
            return null;
        var paths = names.Select(name => Path.GetFullPath(name, Path.GetFullPath(folder))).ToList();
        return paths.FirstOrDefault(System.IO.File.Exists)
            ?? throw options.Error(key, $"found no {string.Join(" or ", names)} in {folder}; name the folder with --data");
    }

    private DataSource WithSplit(OptionMap split)
    {
        var ratios = split.Numbers("ratios", Ratios, 0, 1);
        if (ratios.Count != 3 || Math.Abs(ratios.Sum() - 1) > 1e-9 || ratios[0] <= 0)
            throw split.Error("ratios", "expected three shares (train, valid, test) that sum to 1");
        return this with
        {
            Ratios = ratios,
            InOrder = split.Choice("by", false, new Dictionary<string, bool> { ["seed"] = false, ["order"] = true }),
            SplitSeed = (ulong)split.Long("seed", 1, 0, long.MaxValue),
        };
    }
}
