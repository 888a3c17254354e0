using System.Globalization;
using System.IO.Hashing;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consort.Data.Sources;
using Consort.Foundation.Files;

namespace Consort.Data.Datasets;

/// <summary>A file of the dataset.</summary>
internal sealed record StoredFile(string Name, long Bytes, string Checksum)
{
    /// <summary>A file as it lies there.</summary>
    public static StoredFile Of(string path)
    {
        using var stream = SourceStream.Open(path);
        var hash = new XxHash128();
        hash.Append(stream);
        return new StoredFile(Path.GetFileName(path), stream.Length, Convert.ToHexStringLower(hash.GetCurrentHash()));
    }
}

/// <summary>A split of the dataset; without lists where no column is a list, as in datasets of earlier versions.</summary>
internal sealed record StoredSplit(string Name, long Rows, long Clicks, StoredFile File,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] StoredFile? Lists = null);

/// <summary>A column of ids of the dataset. A length of null is 1, as of all columns in datasets of earlier versions.</summary>
internal sealed record StoredColumn(
    string Name, int Offset, int Size, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Length = null)
{
    public static StoredColumn Of(Schemas.Column column) =>
        new(column.Name, column.Offset, column.Size, column.Length == 1 ? null : column.Length);
}

/// <summary>What a dataset folder holds; <c>manifest.json</c>.</summary>
internal sealed record Manifest
{
    public const string FileName = "manifest.json";
    public const string KindName = "consort-dataset";
    public const int CurrentFormat = 1;

    public static readonly IReadOnlyList<string> SplitNames = ["train", "valid", "test", "transfer"];

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

    /// <summary>XxHash128 of the manifest without it; null in those of earlier versions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Checksum { get; init; }

    /// <summary>What it is a part of; null where it is whole.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StoredPart? Part { get; init; }

    /// <summary>The parts that have its rows; null where these are in files of its folder.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PartPlace>? Parts { get; init; }

    /// <summary>Whether it holds rows without labels for another dataset, and nothing else.</summary>
    [JsonIgnore]
    public bool IsTransfer => Splits is [{ Name: "transfer" }];

    /// <summary>All files of the folder but the manifest.</summary>
    [JsonIgnore]
    public IEnumerable<StoredFile> Files => Parts is not null ? [Encoder]
        : [Encoder, .. Splits.Select(s => s.File), .. Splits.Where(s => s.Lists is not null).Select(s => s.Lists!)];

    /// <summary>The key: what the content of the dataset follows from, without any path.</summary>
    public static string KeyOf(string schema, string split, IEnumerable<SourceIdentity> sources, string truth)
    {
        var text = string.Create(CultureInfo.InvariantCulture,
            $"{CurrentFormat} {Encoders.Encoder.Version}\n{schema}\n{split}\n{truth}\n")
            + string.Concat(sources.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Size} {s.Hash}\n")));
        return Convert.ToHexStringLower(XxHash128.Hash(System.Text.Encoding.UTF8.GetBytes(text)));
    }

    public void Write(Stream stream) => JsonSerializer.Serialize(stream, this with { Checksum = Sum() }, ManifestJson.Default.Manifest);

    /// <summary>Whether a folder has one, whole or damaged.</summary>
    public static bool IsAt(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Reads a folder's manifest.</summary>
    /// <exception cref="ConsortException">No dataset, a damaged manifest or another format.</exception>
    public static Manifest Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!Directory.Exists(folder)) throw new ConsortException($"{folder}: found no such folder, expected an encoded dataset");
        if (!File.Exists(path)) throw new ConsortException($"{folder}: found no {FileName}, expected an encoded dataset");
        ConsortException Damaged(string what) => new($"{path}: found a damaged manifest: {what}; encode the data again");
        var manifest = JsonText.Read(path, Damaged, ManifestJson.Default.Manifest);
        if (manifest.Kind != KindName) throw new ConsortException($"{path}: found kind \"{manifest.Kind}\", expected {KindName}");
        if (manifest.Format != CurrentFormat)
            throw new ConsortException($"{path}: found dataset format {manifest.Format}, expected {CurrentFormat}; encode the data again");
        return manifest.Mistake() is { } mistake ? throw Damaged(mistake) : manifest;
    }

    private string Sum() => Convert.ToHexStringLower(
        XxHash128.Hash(JsonSerializer.SerializeToUtf8Bytes(this with { Checksum = null }, ManifestJson.Default.Manifest)));

    // What follows is trusted: rows are read by these numbers, and files opened by these names.
    private string? Mistake()
    {
        if (RowBytes < 4) return string.Create(CultureInfo.InvariantCulture, $"row_bytes is {RowBytes}, expected at least 4");
        if (Encoder.Name != Path.GetFileName(Encoder.Name) || Encoder.Name.Length == 0)
            return $"encoder.name is \"{Encoder.Name}\", expected a file of the folder";
        if (Parts is [] || Parts is not null && Part is not null) return "parts: found none, or those of a part";
        for (var i = 0; i < Splits.Count; i++)
        {
            var split = Splits[i];
            var where = string.Create(CultureInfo.InvariantCulture, $"splits[{i}]");
            if (!SplitNames.Contains(split.Name) || Splits.Count(s => s.Name == split.Name) > 1)
                return $"{where}.name is \"{split.Name}\", expected train, valid, test or transfer, each once";
            if (split.File.Name != Path.GetFileName(split.File.Name) || split.File.Name.Length == 0)
                return $"{where}.file.name is \"{split.File.Name}\", expected a file of the folder";
            if (split.Lists is { } lists && (lists.Name != Path.GetFileName(lists.Name) || lists.Name.Length == 0 || lists.Bytes % 4 != 0))
                return $"{where}.lists is \"{lists.Name}\" of {lists.Bytes} bytes, expected a file of the folder, of whole numbers";
            if (split.Rows < 1 || split.File.Bytes % RowBytes != 0 || split.Rows != split.File.Bytes / RowBytes)
                return string.Create(CultureInfo.InvariantCulture,
                    $"{where}.rows is {split.Rows}, expected {split.File.Bytes} / {RowBytes}, at least 1");
            if (split.Clicks < 0 || split.Clicks > split.Rows)
                return string.Create(CultureInfo.InvariantCulture, $"{where}.clicks is {split.Clicks}, expected 0 to {split.Rows}");
        }
        return Checksum is null || Checksum == Sum() ? null : "its checksum does not agree with what it says";
    }
}

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
