using System.Collections.Concurrent;
using Consort.Serving;

namespace Consort.AspNetCore.Registry;

/// <summary>Batches of a scorer and impressions that requests take in turns.</summary>
internal sealed class BatchPool(Scorer scorer)
{
    /// <summary>Impressions that are read and scored at a time.</summary>
    public const int Rows = 256;

    private readonly ConcurrentBag<ImpressionBatch> _batches = [];
    private readonly ConcurrentBag<Impression> _impressions = [];

    public ImpressionBatch TakeBatch() => _batches.TryTake(out var batch) ? batch : scorer.NewBatch(Rows);

    public void Return(ImpressionBatch batch)
    {
        batch.Clear();
        _batches.Add(batch);
    }

    public Impression TakeImpression() => _impressions.TryTake(out var impression) ? impression : scorer.NewImpression();

    public void Return(Impression impression)
    {
        impression.Clear();
        _impressions.Add(impression);
    }
}
