using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Learning.Evaluation;
using Consort.Serving;
using Consort.Serving.Calibrations;

namespace Consort.Experiments.Packing;

/// <summary>What a package says of the rows of a split, before calibration, with their labels.</summary>
internal sealed class ScoredRows(bool isWeighted)
{
    private const int BatchSize = 4096;
    private readonly List<float> _logits = [], _labels = [], _weights = [];

    /// <summary>Labels, 0 or 1, [n].</summary>
    public float[] Labels => [.. _labels];

    /// <summary>How much each row counts, [n]; none where all count alike.</summary>
    public float[] Weights => [.. _weights];

    /// <summary>Scores a split.</summary>
    public static ScoredRows Read(Scorer scorer, EncodedSplit split, CancellationToken cancellation)
    {
        var rows = new ScoredRows(split.Space.HasWeights);
        using var loader = new BatchLoader(split, new LoaderOptions(BatchSize));
        var impressions = scorer.NewBatch(BatchSize);
        var logits = new float[BatchSize];
        loader.Start(0);
        while (loader.Next() is { } batch)
        {
            cancellation.ThrowIfCancellationRequested();
            RawScores.Fill(impressions, batch);
            scorer.FusedLogits(impressions, logits);
            rows.Add(logits.AsSpan(0, batch.Rows), batch.Labels, batch.Weights);
        }

        return rows;
    }

    /// <summary>Adds rows; weights where the split has them, else none.</summary>
    public void Add(ReadOnlySpan<float> logits, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        _logits.AddRange(logits);
        _labels.AddRange(labels);
        _weights.AddRange(weights);
    }

    /// <summary>Fits a calibration to the rows.</summary>
    /// <exception cref="ArgumentException">They are of one class, or, for Platt, of one logit.</exception>
    public Calibration Fit(CalibrationKind kind) => CalibrationFit.Fit(kind, _logits.ToArray(), _labels.ToArray(), _weights.ToArray());

    /// <summary>What the package says of each row, [n].</summary>
    public float[] Probabilities(Calibration calibration) => [.. _logits.Select(z => (float)calibration.Probability(z))];

    /// <summary>Measures the rows as a calibration gives them; gives the logits of its probabilities, [n], too.</summary>
    /// <param name="calibration">The package's.</param>
    /// <param name="isFittedTo">Whether it is fitted to these rows. Each half is then judged by what the other half gives, for rows that a
    /// calibration was fitted to say nothing of how far off it is on others; the order of the rows stays the package's.</param>
    public (float[] Logits, Metrics Metrics) Measure(Calibration calibration, bool isFittedTo)
    {
        if (calibration.Kind == CalibrationKind.None)
            return ([.. _logits], Measure([.. _logits]));
        float[] logits = [.. _logits.Select(z => Logit(calibration.Probability(z)))];
        var metrics = Measure(logits);
        if (!isFittedTo || CrossCalibrated(calibration.Kind) is not { } crossed)
            return (logits, metrics);
        var unseen = Measure(crossed);
        return (crossed, metrics with
        {
            LogLoss = unseen.LogLoss,
            Calibration = unseen.Calibration,
            CalibrationError = unseen.CalibrationError,
        });
    }

    /// <summary>
    /// Log-loss of the rows as they are, and calibrated, each half by what the other half gives; null where a half cannot be calibrated.
    /// </summary>
    public (double AsIs, double Calibrated)? Crossed(CalibrationKind kind) =>
        CrossCalibrated(kind) is { } crossed ? (Measure([.. _logits]).LogLoss, Measure(crossed).LogLoss) : null;

    private Metrics Measure(float[] logits)
    {
        using var evaluator = new Evaluator(isWeighted: isWeighted);
        evaluator.Add(logits, _labels.ToArray(), _weights.ToArray());
        return evaluator.Result();
    }

    // Null where a half has rows of one class, or of one logit.
    private float[]? CrossCalibrated(CalibrationKind kind)
    {
        try
        {
            var halves = new[] { FitHalf(kind, 0), FitHalf(kind, 1) };
            return [.. _logits.Select((z, row) => Logit(halves[1 - HalfOf(row)].Probability(z)))];
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private Calibration FitHalf(CalibrationKind kind, int half)
    {
        int[] places = [.. Enumerable.Range(0, _logits.Count).Where(row => HalfOf(row) == half)];
        return CalibrationFit.Fit(kind, Take(_logits), Take(_labels), Take(_weights));

        float[] Take(List<float> values) => values.Count == 0 ? [] : [.. places.Select(p => values[p])];
    }

    // Not by turns: rows may come with clicks at every second place.
    private static int HalfOf(int row) => (int)((uint)row * 2654435761u >> 31);

    // The evaluator reads logits; isotonic probabilities may be 0 or 1.
    private static float Logit(double p) => (float)Math.Log(Math.Max(p, 1e-12) / Math.Max(1 - p, 1e-12));
}
