using Consort.Data.Batches;
using Consort.Data.Datasets;

namespace Consort.Boosting;

/// <summary>
/// How often each token stands in the training rows and how often with a click, in all and in each fifth of the rows. A training row is
/// told of the other fifths alone: with its own label among them trees would learn labels from themselves. Smoothed by some rows of the
/// mean rate: (clicks + a · rate) / (rows + a).
/// </summary>
internal sealed class TargetStatistics
{
    /// <summary>How many parts there are.</summary>
    public const int Folds = 5;

    private readonly double[] _rows, _clicks; // of each token
    private readonly float[,] _foldRows, _foldClicks;
    private readonly double _rate, _smoothing;

    /// <summary>Counts the training rows.</summary>
    /// <param name="data">The data.</param>
    /// <param name="smoothing">a, rows of the mean rate, at least 0.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public TargetStatistics(EncodedDataset data, double smoothing, CancellationToken cancellation)
    {
        _smoothing = smoothing;
        (_rows, _clicks) = (new double[data.Features], new double[data.Features]);
        (_foldRows, _foldClicks) = (new float[Folds, data.Features], new float[Folds, data.Features]);
        _rate = (double)data.Train.Clicks / data.Train.Rows;
        using var loader = new BatchLoader(data.Train, new LoaderOptions(4096));
        for (loader.Start(0); loader.Next() is { } batch;)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var row = 0; row < batch.Rows; row++)
            {
                var (fold, click) = (FoldOf(batch.Places[row]), batch.Labels[row]);
                for (var column = 0; column < data.Categorical.Count; column++)
                    foreach (var id in batch.IdsOf(row, column))
                    {
                        _rows[id]++;
                        _clicks[id] += click;
                        _foldRows[fold, id]++;
                        _foldClicks[fold, id] += click;
                    }
            }
        }
    }

    /// <summary>The fifth that a training row is in.</summary>
    public static int FoldOf(long row) => LeftOut.PartOf(row, Folds) - 1;

    /// <summary>
    /// The mean over a row's tokens of a column of the logit of their click rate and of the logarithm of how many there are.
    /// </summary>
    /// <param name="ids">The tokens; none of an empty list.</param>
    /// <param name="weights">How much each counts, such as that of a knot that a number stands near; none where all count alike.</param>
    /// <param name="fold">The fifth that the row is in; null of a row that is not trained on.</param>
    public (float Rate, float Count) Of(ReadOnlySpan<int> ids, ReadOnlySpan<float> weights, int? fold)
    {
        var (rate, count, all) = (0.0, 0.0, 0.0);
        for (var i = 0; i < ids.Length; i++)
        {
            var (id, weight) = (ids[i], weights.IsEmpty ? 1 : weights[i]);
            var (rows, clicks) = (_rows[id], _clicks[id]);
            if (fold is { } own)
                (rows, clicks) = (rows - _foldRows[own, id], clicks - _foldClicks[own, id]);
            var p = (clicks + (_smoothing * _rate)) / (rows + _smoothing);
            rate += weight * Math.Log(p / (1 - p));
            // As many as there would be of all rows.
            count += weight * Math.Log(1 + (fold is null ? rows : rows * Folds / (Folds - 1)));
            all += weight;
        }

        return all > 0 ? ((float)(rate / all), (float)(count / all)) : (float.NaN, float.NaN);
    }
}
