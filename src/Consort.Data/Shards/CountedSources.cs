using System.IO.Hashing;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Files;

namespace Consort.Data.Shards;

/// <summary>What rows an encoder was made of by shards, in a file beside it: who stores a part needs to know of all the others.</summary>
internal sealed record CountedSources
{
    public const string Ending = ".rows.json";
    private const string KindName = "consort-counted-sources";
    private const int CurrentFormat = 1;

    public string Kind { get; init; } = KindName;
    public int Format { get; init; } = CurrentFormat;

    /// <summary>XxHash128 of the encoder's file.</summary>
    public required string Encoder { get; init; }
    public required string Schema { get; init; }
    public required string Split { get; init; }
    public required string Truth { get; init; }
    public required string FileNames { get; init; }
    public required IReadOnlyList<SourceIdentity> Sources { get; init; }

    /// <summary>The rows of each shard.</summary>
    public required IReadOnlyList<IReadOnlyList<SourceShare>> Shards { get; init; }

    /// <summary>XxHash128 of all else that stands here.</summary>
    public string Checksum { get; init; } = "";

    public void Write(string encoder) => SafeFile.Write(encoder + Ending,
        stream => JsonSerializer.Serialize(stream, this with { Checksum = Sum() }, CountedJson.Default.CountedSources));

    /// <summary>Reads what stands beside an encoder.</summary>
    /// <exception cref="ConsortException">Nothing, or it is damaged or of another encoder.</exception>
    public static CountedSources Read(string encoder)
    {
        var path = encoder + Ending;
        if (!File.Exists(path))
            throw new ConsortException($"{encoder}: found no {path} beside it, expected an encoder as consort encode --merge writes it");
        ConsortException Damaged(string what) => new($"{path}: found a damaged file: {what}; merge the counters again");
        var read = JsonText.Read(path, Damaged, CountedJson.Default.CountedSources);
        if (read.Kind != KindName || read.Format != CurrentFormat)
            throw new ConsortException($"{path}: found {read.Kind} of format {read.Format}, expected {KindName} of format {CurrentFormat}; merge the counters again");
        if (read.Checksum != read.Sum()) throw Damaged("its checksum is another");
        if (read.Shards.Any(s => s.Any(p => (uint)p.Place >= (uint)read.Sources.Count))) throw Damaged("shards");
        if (StoredFile.Of(encoder).Checksum != read.Encoder)
            throw new ConsortException($"{encoder}: found another encoder than {path} says, expected that of the same merge; merge the counters again");
        return read;
    }

    /// <summary>The part that a request is for.</summary>
    /// <exception cref="ConsortException">The rows are not those that were counted.</exception>
    public DatasetPart Part(ShardRequest request, string encoder)
    {
        var (index, of) = (request.Shard.Index, request.Shard.Count);
        var other = request.Schema.Identity != Schema ? "another schema"
            : request.FileNames != FileNames ? $"other sources, {request.Split.Files.Count} of them"
            : request.Split.Describe() != Split ? $"another split (\"{request.Split.Describe()}\", counted by \"{Split}\")"
            : of != Shards.Count ? $"--shard {request.Shard}"
            : null;
        if (other is not null)
            throw new ConsortException($"{encoder}: found {other}, expected what the counters were made of: {Sources.Count} sources for {Shards.Count} shards; give the options that counted them");
        var shares = Shards[index];
        var first = shares.Count == 0 ? 0 : shares[0].Place;
        return new DatasetPart(
            new StoredPart(index, of, Manifest.KeyOf(Schema, Split, Sources, Truth), Split, Truth, shares),
            Sources.Take(first).Sum(s => s.Rows), Sources.Sum(s => s.Rows),
            [.. shares.Select(s => Sources[s.Place] with { Path = request.Split.Files[s.Place] })]);
    }

    /// <summary>Checks that an encoder has all columns of a schema.</summary>
    /// <exception cref="ConsortException">Its crosses and lookups are still to be counted.</exception>
    public static void CheckWhole(Encoder encoder, Schema schema, string path)
    {
        if (encoder.Schema.Generated.Count != schema.Generated.Count)
            throw new ConsortException($"{path}: found an encoder of fields alone, expected one with the schema's crosses and lookups, too: count these with --count-only --encoder {path}, and merge those counters with --merge … --encoder {path}");
    }

    private string Sum() => Convert.ToHexStringLower(
        XxHash128.Hash(JsonSerializer.SerializeToUtf8Bytes(this with { Checksum = "" }, CountedJson.Default.CountedSources)));
}

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(CountedSources))]
internal sealed partial class CountedJson : JsonSerializerContext;
