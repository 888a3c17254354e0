using Consort.Data.Batches;
using Consort.Data.Sources;
using Consort.Experiments.Running;
using Consort.Serving;

namespace Consort.Experiments.Packing;

/// <summary>What a package says of raw rows, a batch at a time; a row that it cannot score is a mistake with its place.</summary>
/// <param name="scorer">The package's.</param>
/// <param name="places">The rows, one place after another.</param>
/// <param name="sources">The kinds of sources that are read.</param>
/// <param name="rules">What becomes of columns that the package does not know, and what is kept.</param>
internal sealed class RawScores(Scorer scorer, IReadOnlyList<string> places, SourceCatalogue sources, RawRows rules)
{
    private const int BatchSize = 4096;

    /// <summary>Whether rows without labels are a mistake.</summary>
    public bool LabelRequired { get; init; }

    /// <summary>Whether logits are given, before calibration, or calibrated probabilities.</summary>
    public bool AsLogits { get; init; }

    /// <summary>Told the bytes that were read, or null.</summary>
    public IProgress<long>? Progress { get; init; }

    /// <summary>Scores all rows, in order.</summary>
    /// <param name="take">Told each batch; what it is told is valid during the call.</param>
    /// <param name="cancellation">Stops between batches, and waiting for a pipe.</param>
    /// <exception cref="ConsortException">A mistake in the rows, or one whose logit is not finite.</exception>
    public void Read(Action<RawScoreBatch> take, CancellationToken cancellation)
    {
        using var reader = rules.Open(places, scorer.Encoder, BatchSize, LabelRequired, sources, cancellation);
        var (impressions, scores) = (scorer.NewBatch(BatchSize), new float[BatchSize]);
        while (reader.Next() is { } batch)
        {
            cancellation.ThrowIfCancellationRequested();
            Fill(impressions, batch);
            try
            {
                if (AsLogits)
                    scorer.FusedLogits(impressions, scores);
                else
                    scorer.Score(impressions, scores);
            }
            catch (ConsortException mistake) when (mistake.Row is { } row)
            {
                throw new ConsortException($"{reader.PlaceOf(row)}: {mistake.Detail}", mistake);
            }

            take(new RawScoreBatch(batch, impressions, scores, reader.Kept));
            Progress?.Report(reader.Position);
        }

        rules.Say(reader);
    }

    /// <summary>Puts the rows of a batch in the place of what impressions held.</summary>
    public static void Fill(ImpressionBatch impressions, Batch batch)
    {
        impressions.Clear();
        for (var row = 0; row < batch.Rows; row++)
            impressions.AddEncoded(batch.IdsOf(row), batch.NumericOf(row), batch.Lists);
    }
}

/// <summary>A batch of rows with what a package says of them.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Impressions">The same, as they were scored.</param>
/// <param name="Scores">Logits or probabilities; of more rows than there are, the first are these rows'.</param>
/// <param name="Kept">The texts that are kept.</param>
internal readonly record struct RawScoreBatch(Batch Rows, ImpressionBatch Impressions, float[] Scores, KeptCells Kept);
