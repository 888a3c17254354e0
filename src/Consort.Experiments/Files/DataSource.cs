using System.Security.Cryptography;
using System.Text;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Options;
using Encoder = Consort.Data.Encoders.Encoder;

namespace Consort.Experiments.Files;

/// <summary>The section <c>data</c> of an experiment: a folder that is encoded already, or raw files with a schema and a split.</summary>
/// <param name="Encoded">The encoded dataset, or where it will be kept.</param>
/// <param name="Schema">How raw rows look; null where the dataset is encoded already.</param>
/// <param name="Split">The raw files and how their rows are dealt; null where the dataset is encoded already.</param>
/// <param name="Folder">What relative names of raw files start from; null where the dataset is encoded already.</param>
public sealed record DataSource(string Encoded, Schema? Schema, SplitPlan? Split, string? Folder)
{
    /// <summary>As the experiment names the encoded dataset or the cache, or null.</summary>
    public string? Given { get; init; }

    /// <summary>The encoder of the rows, of the schema; null for one that is fitted on those for training.</summary>
    public Encoder? By { get; init; }

    /// <summary>Rows without labels, or null.</summary>
    public TransferSource? Transfer { get; init; }

    /// <summary>The kinds of sources that raw rows come from.</summary>
    public SourceCatalogue Sources { get; init; } = SourceCatalogue.BuiltIn;

    /// <summary>The same rows, dealt alike, by an encoder that is there already.</summary>
    internal DataSource EncodedBy(Encoder encoder) =>
        this with { Schema = encoder.Schema, By = encoder, Encoded = CacheOf(encoder.Schema, Split!, encoder) };

    /// <summary>
    /// Reads <c>encoded</c> (a folder), or <c>schema</c> (a preset, a file, or keys that change a preset) with <c>train</c>, <c>valid</c>
    /// and <c>test</c>, or with <c>source</c> and how its rows are dealt (<see cref="SplitPlan.Load"/>), each one place or several;
    /// <c>sample</c>; and <c>cache</c>, where to keep the encoded rows; beside either of them <c>transfer</c>, rows without labels.
    /// </summary>
    /// <param name="options">The section.</param>
    /// <param name="folder">What relative file names start from, a full path.</param>
    /// <param name="own">The experiment file's own folder, where a schema file may stand as well.</param>
    /// <exception cref="ConsortException">A key is missing or contradicts another, or a file is missing.</exception>
    public static DataSource From(OptionMap options, string folder, string own)
    {
        if (options.TextOrNull("encoded") is { } encoded)
        {
            var place = Path.TrimEndingDirectorySeparator(Path.GetFullPath(encoded, folder));
            return new DataSource(place, null, null, null)
            {
                Given = encoded,
                Sources = options.Catalogues.Of(SourceCatalogue.BuiltIn),
                Transfer = TransferSource.From(options, folder, place, isCache: false),
            };
        }

        var schema = ReadSchema(options, folder, own);
        var split = SplitPlan.Load(options, folder);
        split.Check(options, schema);
        var cache = options.TextOrNull("cache") is { } chosen ? Path.GetFullPath(chosen) : CacheOf(schema, split);
        return new DataSource(cache, schema, split, folder)
        {
            Given = options.TextOrNull("cache"),
            Sources = options.Catalogues.Of(SourceCatalogue.BuiltIn),
            Transfer = TransferSource.From(options, folder, cache, isCache: true),
        };
    }

    /// <summary>Opens the dataset, encoding the raw files first unless that has been done from the very same.</summary>
    /// <param name="threads">At least 1.</param>
    /// <param name="progress">Told about encoding, or null.</param>
    /// <param name="cancellation">Stops encoding; nothing is left behind.</param>
    /// <returns>The dataset, to be disposed of, and what came of encoding or null.</returns>
    /// <exception cref="ConsortException">A mistake in the raw data, no validation rows among them, or a damaged dataset.</exception>
    public (EncodedDataset Dataset, EncodeResult? Result) Open(
        int threads, IProgress<EncodeProgress>? progress, CancellationToken cancellation)
    {
        var (dataset, result) = OpenLabelled(threads, progress, cancellation);
        try
        {
            Transfer?.AddTo(dataset, Sources, threads, progress, cancellation);
            return (dataset, result);
        }
        catch
        {
            dataset.Dispose();
            throw;
        }
    }

    private (EncodedDataset Dataset, EncodeResult? Result) OpenLabelled(
        int threads, IProgress<EncodeProgress>? progress, CancellationToken cancellation)
    {
        if (Schema is null || Split is null)
        {
            DatasetEncoder.ClearLeftovers(Encoded);
            return (EncodedDataset.Open(Encoded), null);
        }

        // Said before hours of encoding where it is plain, and by the user's own file rather than the cache's folder.
        if (!Split.HasValid)
            throw WithoutValidation(Split);
        // Runs that begin side by side share a cache: one encodes, the others wait for it.
        var request = new EncodeRequest(Schema, Split, Encoded, threads) { WaitsForOthers = true, Sources = Sources, By = By };
        var result = DatasetEncoder.EncodeOrReuse(request, progress, cancellation);
        return result.Splits.Any(s => s.Name == "valid") ? (EncodedDataset.Open(result.Folder), result) : throw WithoutValidation(Split);
    }

    private ConsortException WithoutValidation(SplitPlan split)
    {
        var advice = split.Kind switch
        {
            SplitKind.Given => "name a file by the key valid beside train, or deal the rows of one file by source and shares",
            SplitKind.ByTime => "say by valid_from when they begin, before the last row's time and before test_from",
            // An update holds some of its rows out.
            _ when By is not null && split.TestShare == 0 => "take more rows, or hold out a larger share of them",
            _ => $"the shares are {FormattableString.Invariant($"[{split.TrainShare}, {split.ValidShare}, {split.TestShare}]")}: raise the second, or take more rows",
        };
        return new ConsortException($"{SourcePlace.Show(split.Files[0])}: found no validation rows, expected some to choose the best weights by; {advice}");
    }

    /// <summary>
    /// Where encoded rows are kept unless told: named by the paths, so that a changed source replaces its older encoding.
    /// </summary>
    internal static string CacheOf(Schema schema, SplitPlan split, Encoder? by = null)
    {
        var text = new StringBuilder(schema.Identity).Append(by?.Checksum()).AppendLine(split.Describe()).AppendJoin('\n', split.Files);
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
        return Path.GetFullPath(Path.Combine(".consort", "data", $"{NameOf(split.Files[0])}-{digest}"));
    }

    private static string NameOf(string place) => SourcePlace.IsFile(place) ? Path.GetFileNameWithoutExtension(place) : "query";

    private static Schema ReadSchema(OptionMap options, string folder, string own)
    {
        if (options.IsMap("schema"))
            return Schema.Load(options.Map("schema")!);
        var name = options.Text("schema");
        var beside = new[] { Path.GetFullPath(name, folder), Path.GetFullPath(name, own) };
        if (Array.Find(beside, File.Exists) is { } file)
            return Schema.Load(file);
        return Schema.Presets.Contains(name)
            ? Schema.Preset(name)
            : throw options.Error("schema",
                $"found neither a file nor a preset \"{name}\", expected a schema file or one of {string.Join(", ", Schema.Presets)}{NearestWord.Hint(name, Schema.Presets)}");
    }
}
