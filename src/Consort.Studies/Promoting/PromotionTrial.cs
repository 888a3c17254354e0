using System.Globalization;
using Consort.Data.Sources;
using Consort.Experiments.Running;
using Consort.Experiments.Statistics;
using Consort.Foundation.Options;
using Consort.Learning.Diagnostics;

namespace Consort.Studies.Promoting;

/// <summary>Which model is to take the place of which, and the rows that decide.</summary>
/// <param name="New">A package or the folder of a run.</param>
/// <param name="Old">The one that serves now, likewise.</param>
/// <param name="Places">Raw rows with labels that neither was trained on; they are read several times.</param>
public sealed record PromotionRequest(string New, string Old, IReadOnlyList<string> Places)
{
    /// <summary>What the new model must keep.</summary>
    public PromoteOptions Options { get; init; } = new();

    /// <summary>The fields whose values are compared one by one; null for all categorical and boolean ones.</summary>
    public IReadOnlyList<string>? Slices { get; init; }

    /// <summary>Threads to pack a run with.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>What becomes of columns that a model does not know.</summary>
    public RawRows Rules { get; init; } = new(Data.Batches.UnknownColumns.PassOver, null);

    /// <summary>By which names are resolved.</summary>
    public Catalogues Catalogues { get; init; } = Catalogues.Default;

    /// <summary>Told the bytes that were read, twice from the start, or null.</summary>
    public IProgress<long>? Progress { get; init; }
}

/// <summary>Compares two models on the same rows and says whether the new one may take the place of the old one.</summary>
public static class PromotionTrial
{
    private const int Bins = 20;

    /// <summary>Runs it.</summary>
    /// <exception cref="ConsortException">A model or the rows cannot be read, or the rows have too few clicks to compare.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public static PromotionResult Run(PromotionRequest request, CancellationToken cancellation)
    {
        using var newer = Contender.Open(request.New, request.Threads, request.Catalogues, cancellation);
        using var older = Contender.Open(request.Old, request.Threads, request.Catalogues, cancellation);
        var holdout = new Holdout(request.Places, request.Catalogues.Of(SourceCatalogue.BuiltIn), request.Rules);
        var (rows, first, metrics) = holdout.Score(
            newer.Scorer, request.Slices ?? Holdout.Sliceable(newer.Scorer.Encoder.Schema), request.Progress, cancellation);
        var (others, second, before) = holdout.Score(older.Scorer, null, request.Progress, cancellation);
        float[] labels = rows.Labels, weights = rows.Weights;
        if (!labels.AsSpan().SequenceEqual(others.Labels))
            throw new ConsortException($"{request.Old}: found other labels in the rows than {request.New} does, expected schemas that agree on them");
        if (metrics.Clicks < 2 || metrics.Rows - metrics.Clicks < 2)
            throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
                $"{SourcePlace.Show(request.Places[0])}: found {metrics.Clicks} clicks in {metrics.Rows} rows, expected at least two rows with a click and two without"));

        var differences = new RowDifferences(labels, holdout.Clusters, weights.Length == 0 ? null : weights);
        differences.Add(first, second);
        var counts = Array.ConvertAll(weights, w => (double)w);
        return new PromotionResult
        {
            New = new PromotedModel(request.New, metrics, Ratio(first), newer.Bytes),
            Old = new PromotedModel(request.Old, before, Ratio(second), older.Bytes),
            Options = request.Options,
            Clusters = holdout.Clusters?.Distinct().Count(),
            Auc = differences.Auc(),
            LogLoss = differences.LogLoss(seed: 1),
            Slices = SliceComparison.Of(holdout, labels, first, second, counts, request.Options.SliceRows),
            Latency = LatencyTrial.Of(newer.Scorer, older.Scorer, holdout, cancellation),
            Curves = (CalibrationCurve.Of(first, labels, Bins, weights), CalibrationCurve.Of(second, labels, Bins, weights)),
        };

        ClickRatio? Ratio(float[] logits) =>
            ClickRatio.Of(Array.ConvertAll(logits, z => 1 / (1 + Math.Exp(-(double)z))), labels, holdout.Clusters, counts);
    }
}
