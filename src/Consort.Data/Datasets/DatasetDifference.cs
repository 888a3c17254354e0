using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Options;

namespace Consort.Data.Datasets;

/// <summary>Whether a dataset that is there is the one that is asked for.</summary>
internal static class DatasetDifference
{
    /// <summary>What of the request differs from a stored dataset; null when nothing.</summary>
    public static string? Of(Manifest manifest, EncodeRequest request, CancellationToken cancellation = default)
    {
        if (manifest.EncoderVersion != Encoder.Version) return $"encoder version {manifest.EncoderVersion} is not {Encoder.Version}";
        if (manifest.Schema != request.Schema.Identity) return "the schema has changed";
        if (manifest.Split != request.SplitText) return request.IsFitted ? "the encoder has changed" : "the split has changed";
        return OfSources(manifest, request.Split.Files, request.Sources, request.Schema, cancellation);
    }

    /// <summary>What of the sources differs from those a dataset was made of; null when nothing.</summary>
    public static string? OfSources(Manifest manifest, IReadOnlyList<string> sources, SourceCatalogue? catalogue = null,
        Schema? known = null, CancellationToken cancellation = default)
    {
        if (manifest.Sources.Count != sources.Count) return $"found {sources.Count} source files, expected {manifest.Sources.Count}";
        var schema = new Lazy<Schema>(() =>
            known ?? Schema.LoadFitted(OptionMap.Of(StoredOptions.Read(manifest.Schema, Manifest.FileName))));
        for (var i = 0; i < sources.Count; i++)
        {
            var difference = SourcePlace.IsFile(sources[i]) ? manifest.Sources[i].Difference(sources[i])
                : (catalogue ?? SourceCatalogue.BuiltIn).Difference(manifest.Sources[i], sources[i], schema.Value, cancellation);
            if (difference is not null) return difference;
        }
        // Rows without labels have no truth, whatever lies beside them.
        var truth = !manifest.IsTransfer && sources.All(s => File.Exists(TruthFiles.PathOf(s)));
        return (truth ? TruthFiles.HashOf(sources) : "") == manifest.Truth
            ? null : "the true probabilities beside the sources have changed";
    }
}
