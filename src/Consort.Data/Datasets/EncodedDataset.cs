using System.IO.Hashing;
using System.Security.Cryptography;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>
/// An encoded dataset on disk, opened only when its manifest, sizes and checksums agree. Rows are memory-mapped; it may be larger than
/// memory.
/// </summary>
public sealed class EncodedDataset : IDisposable
{
    private const int Attempts = 5;
    private readonly Manifest _manifest;
    private readonly List<EncodedSplit> _splits = [];
    private EncodedDataset? _transfer;

    private EncodedDataset(string folder, Manifest manifest)
    {
        Folder = folder;
        _manifest = manifest;
        if (_manifest.EncoderVersion != Encoder.Version)
            throw new ConsortException($"{folder}: found encoder version {_manifest.EncoderVersion}, expected {Encoder.Version}; encode the data again");
        if (_manifest.Key != Manifest.KeyOf(_manifest.Schema, _manifest.Split, _manifest.Sources, _manifest.Truth))
            throw new ConsortException($"{folder}: found a manifest whose key does not agree with its content, expected one that nobody edited; encode the rows again");
        var path = EncoderFile;
        CheckSize(path, _manifest.Encoder);
        using (var stream = SourceStream.Open(path))
        {
            var hash = new XxHash128();
            hash.Append(stream);
            CheckHash(path, _manifest.Encoder, Convert.ToHexStringLower(hash.GetCurrentHash()));
        }
        Encoder = Encoder.Load(path);
        var same = Space.Numeric.SequenceEqual(_manifest.Numeric)
            && Space.Categorical.Select(StoredColumn.Of).SequenceEqual(_manifest.Categorical);
        if (!same || _manifest.RowBytes != new RowLayout(Space, _manifest.HasTruth).Bytes
            || _manifest.Splits.Any(s => s.Lists is null != (Space.ListRoom == 0)))
            throw new ConsortException($"{folder}: found columns in {Manifest.FileName} that do not agree with {_manifest.Encoder.Name}, expected those of one encoding; encode the rows again");
        try
        {
            var parts = DatasetParts.Of(folder, _manifest);
            foreach (var split in _manifest.Splits)
                _splits.Add(parts?.Open(split, Space) ?? new EncodedSplit(folder, split, Space, _manifest.HasTruth));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where it lies.</summary>
    public string Folder { get; }

    /// <summary>The file of the fitted encoder.</summary>
    public string EncoderFile => Path.Combine(Folder, _manifest.Encoder.Name);

    /// <summary>The content key (hex): sources (size and hash, not path), schema, split, encoder version.</summary>
    public string Key => _manifest.Key;

    /// <summary>The categorical columns, F of them.</summary>
    public IReadOnlyList<Column> Categorical => Space.Categorical;

    /// <summary>The numeric columns, N of them.</summary>
    public IReadOnlyList<string> Numeric => Space.Numeric;

    /// <summary>The sum of the columns' sizes: the rows of an embedding table.</summary>
    public int Features => Space.Features;

    /// <summary>Categorical and numeric columns.</summary>
    public FeatureSpace Space => Encoder.Space;

    /// <summary>The fitted encoder.</summary>
    public Encoder Encoder { get; }

    /// <summary>The training split.</summary>
    public EncodedSplit Train => Split("train")!; // Open refuses a dataset without one

    /// <summary>The validation split, or null.</summary>
    public EncodedSplit? Valid => Split("valid");

    /// <summary>The test split, or null.</summary>
    public EncodedSplit? Test => Split("test");

    /// <summary>Rows without labels, which <see cref="Take"/> has taken along, or null.</summary>
    public EncodedSplit? Transfer => _transfer?.Split("transfer");

    /// <summary>The key of everything that is trained on: its own and, behind a plus, that of the rows without labels.</summary>
    public string TrainingKey => TransferKey is null ? Key : $"{Key}+{TransferKey}";

    /// <summary>The key of the rows without labels, or null.</summary>
    public string? TransferKey => _transfer?.Key;

    /// <summary>XxHash128 of the encoder's file.</summary>
    internal string EncoderChecksum => _manifest.Encoder.Checksum;

    /// <summary>The paths of the sources when it was encoded.</summary>
    public IReadOnlyList<string> Sources => [.. _manifest.Sources.Select(s => s.Path)];

    /// <summary>What the sources were when it was encoded.</summary>
    public IReadOnlyList<SourceIdentity> SourceFiles => _manifest.Sources;

    /// <summary>How rows were dealt to the splits, as <see cref="SplitPlan.Parse"/> reads it.</summary>
    public string SplitText => _manifest.Split.Split(SplitWords.EncodedBy)[0];

    /// <summary>Whether its encoder was there before its rows, rather than fitted on them.</summary>
    public bool IsFitted => _manifest.Split.Contains(SplitWords.EncodedBy, StringComparison.Ordinal);

    /// <summary>Opens a dataset and verifies sizes and checksums of all its files.</summary>
    /// <exception cref="ConsortException">Missing, damaged, truncated or of another version.</exception>
    public static EncodedDataset Open(string folder) => Open(folder, isTransfer: false);

    /// <summary>Takes rows without labels along, which its encoder has encoded; they are disposed of with it.</summary>
    /// <param name="folder">As <see cref="EncodeRequest.Transfer"/> names it.</param>
    /// <exception cref="ConsortException">Missing, damaged, or encoded by another encoder.</exception>
    public void Take(string folder)
    {
        var taken = Open(folder, isTransfer: true);
        if (taken._manifest.Split.EndsWith($" like {EncoderChecksum}", StringComparison.Ordinal))
        {
            _transfer?.Dispose();
            _transfer = taken;
            return;
        }
        taken.Dispose();
        throw new ConsortException($"{folder}: found rows that another encoder has encoded, expected that of {Folder}; encode them again");
    }

    internal static EncodedDataset Open(string folder, bool isTransfer)
    {
        for (var attempt = 1; ; attempt++)
        {
            var manifest = Manifest.Read(folder);
            if (manifest.IsTransfer != isTransfer)
                throw new ConsortException(isTransfer
                    ? $"{folder}: found a dataset with labels, expected rows without labels as consort encode --like writes them"
                    : $"{folder}: found rows without labels, expected a dataset to train on; name them by the key transfer beside it");
            if (!isTransfer && manifest.Splits.All(s => s.Name != "train"))
                throw new ConsortException($"{folder}: found no training split in {Manifest.FileName}, expected one");
            try
            {
                return new EncodedDataset(folder, manifest);
            }
            catch (ConsortException) when (attempt < Attempts && Manifest.Read(folder).Encoder != manifest.Encoder)
            {
                // replaced while it was being opened
            }
        }
    }

    /// <summary>Whether a folder holds a dataset, whole or damaged.</summary>
    public static bool IsAt(string folder) => Manifest.IsAt(folder);

    /// <summary>
    /// The files of a dataset, or of what may have been one: its manifest and what carries its rows and its encoder, also of its parts.
    /// </summary>
    public static IEnumerable<string> FilesAt(string folder) =>
        Directory.EnumerateFiles(folder, "*.bin").Concat(IsAt(folder) ? [Path.Combine(folder, Manifest.FileName)] : [])
            .Concat(DatasetParts.FoldersAt(folder).Where(Directory.Exists).SelectMany(FilesAt));

    /// <summary>The key of a dataset, without opening it; null where there is none that can be read.</summary>
    public static string? KeyAt(string folder)
    {
        try
        {
            return IsAt(folder) ? Manifest.Read(folder).Key : null;
        }
        catch (ConsortException)
        {
            return null;
        }
    }

    /// <summary>
    /// SHA-256 (hex) of the encoder and of the rows of all splits: of the same rows by the same schema it is the same, wherever they came
    /// from.
    /// </summary>
    /// <exception cref="ConsortException">There is no dataset, or it cannot be read.</exception>
    public static string ContentHashOf(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        var manifest = Manifest.Read(folder);
        foreach (var stored in manifest.Files)
        {
            using var file = SourceStream.Open(Path.Combine(folder, stored.Name));
            for (int read; (read = file.Read(buffer)) > 0;) hash.AppendData(buffer, 0, read);
        }
        DatasetParts.Of(folder, manifest)?.Give(manifest, hash.AppendData);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The encoder of a dataset, whose rows are not opened.</summary>
    /// <exception cref="ConsortException">There is no dataset, or it is damaged.</exception>
    public static Encoder EncoderAt(string folder) => Encoder.Load(Path.Combine(folder, Manifest.Read(folder).Encoder.Name));

    /// <summary>Opens a dataset only if the given sources are still those it was made of.</summary>
    /// <exception cref="ConsortException">As <see cref="Open(string)"/>, or a source has changed since.</exception>
    public static EncodedDataset Open(string folder, IReadOnlyList<string> sources)
    {
        if (DatasetDifference.OfSources(Manifest.Read(folder), sources) is { } difference)
            throw new ConsortException($"{folder}: the data changed after they were encoded ({difference}); encode them again");
        return Open(folder);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var split in _splits) split.Dispose();
        _transfer?.Dispose();
    }

    internal static void CheckSize(string path, StoredFile expected)
    {
        var found = File.Exists(path)
            ? new FileInfo(path).Length : throw new ConsortException($"{path}: file not found, expected {expected.Bytes} bytes");
        if (found != expected.Bytes)
            throw new ConsortException($"{path}: found {found} bytes, expected {expected.Bytes}; the dataset is damaged, encode it again");
    }

    internal static void CheckHash(string path, StoredFile expected, string found)
    {
        if (found != expected.Checksum)
            throw new ConsortException($"{path}: found checksum {found}, expected {expected.Checksum}; the dataset is damaged, encode it again");
    }

    private EncodedSplit? Split(string name) => _splits.Find(s => s.Name == name);
}
