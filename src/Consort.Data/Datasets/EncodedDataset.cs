using System.IO.Hashing;
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

    private EncodedDataset(string folder, Manifest manifest)
    {
        Folder = folder;
        _manifest = manifest;
        if (_manifest.EncoderVersion != Encoder.Version)
            throw new ConsortException($"{folder}: found encoder version {_manifest.EncoderVersion}, expected {Encoder.Version}; encode the data again");
        if (_manifest.Key != Manifest.KeyOf(_manifest.Schema, _manifest.Split, _manifest.Sources, _manifest.Truth))
            throw new ConsortException($"{folder}: found a manifest whose key does not agree with its content");
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
        if (!same || _manifest.RowBytes != StoreRows.RowBytes(Space, _manifest.HasTruth))
            throw new ConsortException($"{folder}: found columns in {Manifest.FileName} that do not agree with {_manifest.Encoder.Name}");
        try
        {
            foreach (var split in _manifest.Splits)
                _splits.Add(new EncodedSplit(folder, split, Space, _manifest.HasTruth));
        }
        catch
        {
            Dispose();
            throw;
        }
        Train = Split("train") ?? throw new ConsortException($"{folder}: found no training split in {Manifest.FileName}");
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
    public EncodedSplit Train { get; }

    /// <summary>The validation split, or null.</summary>
    public EncodedSplit? Valid => Split("valid");

    /// <summary>The test split, or null.</summary>
    public EncodedSplit? Test => Split("test");

    /// <summary>The paths of the sources when it was encoded.</summary>
    public IReadOnlyList<string> Sources => [.. _manifest.Sources.Select(s => s.Path)];

    /// <summary>What the sources were when it was encoded.</summary>
    public IReadOnlyList<SourceIdentity> SourceFiles => _manifest.Sources;

    /// <summary>How rows were dealt to the splits, as <see cref="SplitPlan.Parse"/> reads it.</summary>
    public string SplitText => _manifest.Split;

    /// <summary>Opens a dataset and verifies sizes and checksums of all its files.</summary>
    /// <exception cref="ConsortException">Missing, damaged, truncated or of another version.</exception>
    public static EncodedDataset Open(string folder)
    {
        for (var attempt = 1; ; attempt++)
        {
            var manifest = Manifest.Read(folder);
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

    /// <summary>The files of a dataset, or of what may have been one: its manifest and what carries its rows and its encoder.</summary>
    public static IEnumerable<string> FilesAt(string folder) =>
        Directory.EnumerateFiles(folder, "*.bin").Concat(IsAt(folder) ? [Path.Combine(folder, Manifest.FileName)] : []);

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

    /// <summary>The encoder of a dataset, whose rows are not opened.</summary>
    /// <exception cref="ConsortException">There is no dataset, or it is damaged.</exception>
    public static Encoder EncoderAt(string folder) => Encoder.Load(Path.Combine(folder, Manifest.Read(folder).Encoder.Name));

    /// <summary>Opens a dataset only if the given sources are still those it was made of.</summary>
    /// <exception cref="ConsortException">As <see cref="Open(string)"/>, or a source has changed since.</exception>
    public static EncodedDataset Open(string folder, IReadOnlyList<string> sources)
    {
        if (DatasetEncoder.SourceDifference(Manifest.Read(folder), sources) is { } difference)
            throw new ConsortException($"{folder}: the data changed after they were encoded ({difference}); encode them again");
        return Open(folder);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var split in _splits) split.Dispose();
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
