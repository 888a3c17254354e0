using System.IO.Hashing;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Sources;
using Consort.Foundation.Files;

namespace Consort.Data.Shards;

/// <summary>What a file of counters is of.</summary>
internal sealed record CounterHead
{
    public required int EncoderVersion { get; init; }
    public required string Schema { get; init; }
    public required string Split { get; init; }

    /// <summary>How many sources all shards have, and a hash of what they are called.</summary>
    public required int Files { get; init; }
    public required string FileNames { get; init; }
    public required int Shard { get; init; }
    public required int Of { get; init; }

    /// <summary>The checksum of the encoder by whose ids crosses and lookups were counted; null for fields.</summary>
    public string? Encoder { get; init; }

    public required double TrainWeight { get; init; }
    public required bool HasTruth { get; init; }

    /// <summary>The shard's sources, and which of their rows are its own.</summary>
    public required IReadOnlyList<SourceIdentity> Sources { get; init; }
    public required IReadOnlyList<SourceShare> Shares { get; init; }
}

/// <summary>
/// The counters of a shard: magic, version, length of the head, the head as JSON with its XxHash128, what each counter has seen, and
/// XxHash128 of all that.
/// </summary>
internal static class CounterFile
{
    private const int Version = 1, HashBytes = 16, LongestHead = 1 << 28;
    private static ReadOnlySpan<byte> Magic => "CONSORTK"u8;

    /// <summary>Writes it, whole or not at all.</summary>
    public static void Write(string path, CounterHead head, Action<CounterState> keep) => SafeFile.Write(path, stream =>
    {
        var hashed = new HashedStream(stream);
        using (var writer = new BinaryWriter(new BufferedStream(hashed, 1 << 16), System.Text.Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Magic);
            writer.Write(Version);
            var json = JsonSerializer.SerializeToUtf8Bytes(head, CounterJson.Default.CounterHead);
            writer.Write(json.Length);
            writer.Write(json);
            writer.Write(XxHash128.Hash(json)); // it is read by itself, before all the rest
            keep(new CounterWriter(writer));
        }
        stream.Write(hashed.Hash);
    });

    /// <summary>Reads the head.</summary>
    /// <exception cref="ConsortException">It is none, damaged, or of another version.</exception>
    public static CounterHead Head(string path)
    {
        using var file = SourceStream.Open(path);
        return Guarded(path, () =>
        {
            using var reader = new BinaryReader(file, System.Text.Encoding.UTF8, leaveOpen: true);
            return Head(path, reader);
        });
    }

    /// <summary>Adds what is in it to counters.</summary>
    /// <exception cref="ConsortException">It is damaged; the counters are then of no use.</exception>
    public static void AddTo(string path, Action<CounterState> keep)
    {
        using var file = SourceStream.Open(path);
        Guarded(path, () =>
        {
            var hashed = new HashedStream(file, Math.Max(0, file.Length - HashBytes));
            using var reader = new BinaryReader(new BufferedStream(hashed, 1 << 16), System.Text.Encoding.UTF8, leaveOpen: true);
            Head(path, reader);
            keep(new CounterReader(reader, file.Length));
            if (reader.BaseStream.ReadByte() >= 0) throw new InvalidDataException("more than was expected");
            var hash = new byte[HashBytes];
            file.ReadExactly(hash);
            return hashed.Hash.AsSpan().SequenceEqual(hash) ? true : throw new InvalidDataException("checksum");
        });
    }

    private static CounterHead Head(string path, BinaryReader reader)
    {
        if (!reader.ReadBytes(Magic.Length).AsSpan().SequenceEqual(Magic))
            throw new ConsortException($"{path}: found another kind of file, expected counters as consort encode --count-only writes them");
        if (reader.ReadInt32() is not Version and var version)
            throw new ConsortException($"{path}: found counters of format {version}, expected {Version}; count the shard again");
        var length = reader.ReadInt32();
        if (length is < 0 or > LongestHead) throw new InvalidDataException("length");
        var json = reader.ReadBytes(length);
        if (json.Length != length || !XxHash128.Hash(json).AsSpan().SequenceEqual(reader.ReadBytes(HashBytes)))
            throw new InvalidDataException("checksum of the head");
        var head = JsonSerializer.Deserialize(json, CounterJson.Default.CounterHead) ?? throw new InvalidDataException("head");
        if (head.EncoderVersion != Encoder.Version)
            throw new ConsortException($"{path}: found counters for encoder version {head.EncoderVersion}, expected {Encoder.Version}; count the shard again");
        if (head.Shares.Count != head.Sources.Count || head.Of < 1 || head.Shard < 0 || head.Shard >= head.Of)
            throw new InvalidDataException("head");
        return head;
    }

    private static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (EncoderFile.IsDamage(e) || JsonText.IsDamage(e))
        {
            throw new ConsortException($"{path}: found damaged counters; their checksum or length does not agree: count the shard again", e);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(CounterHead))]
internal sealed partial class CounterJson : JsonSerializerContext;
