using System.IO.Hashing;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consort.Data.Readers;

namespace Consort.Data.Storage;

/// <summary>A file of the dataset.</summary>
internal sealed record StoredFile(string Name, long Bytes, string Checksum);

/// <summary>A split of the dataset.</summary>
internal sealed record StoredSplit(string Name, long Rows, long Clicks, StoredFile File);

/// <summary>A categorical column of the dataset.</summary>
internal sealed record StoredColumn(string Name, int Offset, int Size);

/// <summary>What a dataset folder holds; <c>manifest.json</c>.</summary>
internal sealed record Manifest
{
    public const string FileName = "manifest.json";
    public const string KindName = "consort-dataset";
    public const int CurrentFormat = 1;

    public required string Kind { get; init; }
    public required int Format { get; init; }
    public required int EncoderVersion { get; init; }
    public required string Key { get; init; }
    public required string Schema { get; init; }
    public required string Split { get; init; }
    public required IReadOnlyList<SourceIdentity> Sources { get; init; }
    public required string Truth { get; init; }
    public required IReadOnlyList<StoredColumn> Categorical { get; init; }
    public required IReadOnlyList<string> Numeric { get; init; }
    public required int RowBytes { get; init; }
    public required bool HasTruth { get; init; }
    public required StoredFile Encoder { get; init; }
    public required IReadOnlyList<StoredSplit> Splits { get; init; }

    /// <summary>All files but the manifest.</summary>
    [JsonIgnore]
    public IEnumerable<StoredFile> Files => Splits.Select(s => s.File).Prepend(Encoder);

    /// <summary>The key: what the content of the dataset follows from, without any path.</summary>
    public static string KeyOf(string schema, string split, IEnumerable<SourceIdentity> sources, string truth)
    {
        string text = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{CurrentFormat} {Encoding.Encoder.Version}\n{schema}\n{split}\n{truth}\n")
            + string.Concat(sources.Select(s => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{s.Size} {s.Hash}\n")));
        return Convert.ToHexStringLower(XxHash128.Hash(System.Text.Encoding.UTF8.GetBytes(text)));
    }

    public void Write(Stream stream) => JsonSerializer.Serialize(stream, this, ManifestJson.Default.Manifest);

    /// <summary>Reads a folder's manifest.</summary>
    /// <exception cref="ConsortException">No dataset, a damaged manifest or another format.</exception>
    public static Manifest Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!Directory.Exists(folder)) throw new ConsortException($"{folder}: found no such folder, expected an encoded dataset");
        if (!File.Exists(path)) throw new ConsortException($"{folder}: found no {FileName}, expected an encoded dataset");
        try
        {
            using FileStream stream = SourceStream.Open(path);
            Manifest manifest = JsonSerializer.Deserialize(stream, ManifestJson.Default.Manifest) ?? throw new JsonException("null");
            if (manifest.Kind != KindName) throw new ConsortException($"{path}: found kind \"{manifest.Kind}\", expected {KindName}");
            if (manifest.Format != CurrentFormat)
                throw new ConsortException($"{path}: found dataset format {manifest.Format}, expected {CurrentFormat}; encode the data again");
            if (manifest.Files.FirstOrDefault(f => f.Name.Length == 0 || f.Name != Path.GetFileName(f.Name)) is { } stranger)
                throw new ConsortException($"{path}: found a damaged manifest: \"{stranger.Name}\" is no file of this folder");
            return manifest;
        }
        catch (JsonException e)
        {
            throw new ConsortException($"{path}: found a damaged manifest: {e.Message}", e);
        }
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
