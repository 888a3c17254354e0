using Consort.Data.Datasets;
using Consort.Data.Encoders;

namespace Consort.Data.Shards;

/// <summary>Stores the rows of a shard as a part of a dataset, by the encoder of all rows.</summary>
internal static class ShardStore
{
    /// <summary>What <see cref="DatasetEncoder"/> is to encode.</summary>
    /// <param name="request">Which rows; as they were counted.</param>
    /// <param name="encoder">The encoder's file.</param>
    /// <param name="folder">The part's folder.</param>
    /// <exception cref="ConsortException">The encoder is of other rows.</exception>
    public static EncodeRequest Of(ShardRequest request, string encoder, string folder)
    {
        request.Validate();
        var part = CountedSources.Read(encoder).Part(request, encoder);
        if (part.Sources.Count == 0)
            throw new ConsortException($"shard {request.Shard}: found none of the {request.Split.Files.Count} sources in it, expected some");
        var by = Encoder.Load(encoder);
        CountedSources.CheckWhole(by, request.Schema, encoder);
        var plan = request.Split.Over([.. part.Stored.Shares.Select(s => s.Place)]);
        return new EncodeRequest(request.Schema, plan, folder, request.Threads) { By = by, Part = part, Sources = request.Sources };
    }
}
