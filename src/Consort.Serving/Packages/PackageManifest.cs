using System.Text.Json;
using System.Text.Json.Serialization;
using Consort.Data.Schemas;
using Consort.Foundation.Files;
using Consort.Models;
using Consort.Serving.Calibrations;
using Consort.Serving.Profiles;

namespace Consort.Serving.Packages;

/// <summary>What a package says of itself; its second section, as JSON.</summary>
public sealed record PackageManifest
{
    internal const string KindName = "consort-package";
    private const int MaxOutputs = 64;

    /// <summary>Always <c>consort-package</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>2.</summary>
    public required int Format { get; init; }

    /// <summary>What the experiment was called.</summary>
    public required string Name { get; init; }

    /// <summary>The version of the program that wrote it.</summary>
    public required string Writer { get; init; }

    /// <summary>The experiment's sections <c>embedding</c> and <c>members</c>, JSON; YAML in packages of earlier versions.</summary>
    public required string Model { get; init; }

    /// <summary>The members that are in it, by their number in <see cref="Model"/>.</summary>
    public required IReadOnlyList<int> Members { get; init; }

    /// <summary>How their logits become one.</summary>
    public required Fusion Fusion { get; init; }

    /// <summary>What each member's logit counts for in the ensemble's: 1/M by the mean, else 1.</summary>
    [JsonIgnore]
    public double MemberShare => Fusion.Share(Members.Count);

    /// <summary>How tables are held.</summary>
    public required PackageWeights Weights { get; init; }

    /// <summary>The schema of the raw rows, YAML; the encoder holds the same.</summary>
    public required string Schema { get; init; }

    /// <summary>The fields of the schema, for readers that know no schemas; null in packages written before.</summary>
    public IReadOnlyList<PackageField>? Fields { get; init; }

    /// <summary>The content key of the data it was trained on.</summary>
    public required string TrainingData { get; init; }

    /// <summary>The run's metrics, as in its <c>metrics.json</c>; null where the run has none.</summary>
    public JsonElement? Metrics { get; init; }

    /// <summary>
    /// What it is and how good, for people: when it was trained, on how many rows, and what it was measured at on rows that it has not
    /// seen; null of packages by older versions.
    /// </summary>
    public JsonElement? Card { get; init; }

    /// <summary>What its training rows looked like, to compare later rows with; null in packages written before, or without rows.</summary>
    public TrainingProfile? Profile { get; init; }

    /// <summary>From the fused logit to a probability.</summary>
    public required Calibration Calibration { get; init; }

    /// <summary>XxHash128 of the encoder's section.</summary>
    public required string EncoderChecksum { get; init; }

    /// <summary>XxHash128 of the vocabularies' section.</summary>
    public required string VocabulariesChecksum { get; init; }

    /// <summary>XxHash128 of the header of the weights' section.</summary>
    public required string WeightsChecksum { get; init; }

    /// <summary>XxHash128 of each tensor.</summary>
    public required IReadOnlyDictionary<string, string> Tensors { get; init; }

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, PackageJson.Default.PackageManifest);

    internal static PackageManifest Read(ReadOnlySpan<byte> bytes, string path)
    {
        PackageManifest manifest;
        try
        {
            manifest = JsonSerializer.Deserialize(bytes, PackageJson.Default.PackageManifest) ?? throw new JsonException("null");
        }
        catch (Exception e) when (JsonText.IsDamage(e))
        {
            throw new ConsortException($"{path}: found a damaged manifest: {JsonText.Explain(e)}; pack the run again", e);
        }

        if (manifest.Kind != KindName || manifest.Format != PackageHeader.Format)
            throw PackageHeader.Damaged(path, $"a manifest of kind {KindName} and format {PackageHeader.Format}");
        if (manifest.Model is null || manifest.Schema is null || manifest.Members is null || manifest.Calibration is null
            || manifest.Tensors is null || manifest.EncoderChecksum is null || manifest.VocabulariesChecksum is null
            || manifest.WeightsChecksum is null || manifest.Name is null || manifest.Writer is null || manifest.TrainingData is null
            || manifest.Tensors.Values.Contains(null!) || manifest.Fields?.Any(f => f is null) == true)
            throw PackageHeader.Damaged(path, "a manifest without nulls");
        if (manifest.Members.Count is 0 or > MaxOutputs || manifest.Members.Distinct().Count() != manifest.Members.Count
            || manifest.Members.Any(m => m is < 0 or >= MaxOutputs))
            throw PackageHeader.Damaged(path, $"a manifest with 1 to {MaxOutputs} different members");
        if (!Enum.IsDefined(manifest.Fusion) || !Enum.IsDefined(manifest.Weights))
            throw PackageHeader.Damaged(path, "a manifest with a known fusion and known weights");
        if (manifest.Calibration.Mistake() is { } mistake)
            throw PackageHeader.Damaged(path, $"a calibration with {mistake}");
        return manifest;
    }
}

/// <summary>A field of a package's schema.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="IsRead">Whether the model reads it; labels and ignored fields it does not.</param>
public sealed record PackageField(string Name, FieldKind Kind, bool IsRead);

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, AllowDuplicateProperties = false,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PackageManifest))]
internal sealed partial class PackageJson : JsonSerializerContext;
