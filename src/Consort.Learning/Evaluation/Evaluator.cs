using Consort.Learning.Losses;

namespace Consort.Learning.Evaluation;

/// <summary>
/// Measures one stream of logits against labels: exact AUC, log-loss in double precision, calibration ratio and expected calibration error.
/// Rows may have weights: each counts in every one of these as if it were there so often. Batches may be of any size; the result does not
/// depend on how the rows were cut.
/// </summary>
/// <remarks>
/// Log-loss = mean of max(z, 0) − z·y + log(1 + exp(−|z|)), with the probability clipped to [c, 1 − c], c = 1e-7 by default as FuxiCTR and
/// BARS do (a logit beyond ±16.1 counts as ±16.1); c = 0 does not clip. AUC and calibration are never clipped. Memory: 4 bytes a row, 8
/// while <see cref="Result"/> sorts. Not safe for use by several threads at once.
/// </remarks>
public sealed class Evaluator : IDisposable
{
    /// <summary>The usual clip of probabilities in log-loss.</summary>
    public const double DefaultClip = 1e-7;

    /// <summary>Bins of the expected calibration error.</summary>
    public const int Bins = 15;

    private readonly AucCounter _auc = new();
    private readonly WeightedAuc? _weighted;
    private readonly CompensatedSum[] _binWeights = new CompensatedSum[Bins];
    private readonly CompensatedSum[] _binClicks = new CompensatedSum[Bins];
    private readonly CompensatedSum[] _binProbabilities = new CompensatedSum[Bins];
    private readonly double _largestLogit;
    private CompensatedSum _loss;
    private CompensatedSum _probability;
    private CompensatedSum _weight;
    private CompensatedSum _clickWeight;

    /// <summary>Creates an evaluator without rows.</summary>
    /// <param name="clip">Clip c of probabilities in log-loss, 0 ≤ c &lt; 0.5.</param>
    /// <param name="isWeighted">Whether rows come with weights, which then take 8 bytes a row in the place of 4.</param>
    /// <exception cref="ArgumentOutOfRangeException">The clip is out of range.</exception>
    public Evaluator(double clip = DefaultClip, bool isWeighted = false)
    {
        if (!(clip >= 0 && clip < 0.5))
            throw new ArgumentOutOfRangeException(nameof(clip), clip, "expected 0 <= clip < 0.5");
        _largestLogit = clip == 0 ? double.PositiveInfinity : Math.Log((1 - clip) / clip);
        _weighted = isWeighted ? new WeightedAuc() : null;
    }

    /// <summary>Rows added.</summary>
    public long Rows => _weighted?.Rows ?? _auc.Rows;

    /// <summary>Adds rows.</summary>
    /// <param name="logits">Logits, [B].</param>
    /// <param name="labels">Labels, 0 or 1, [B].</param>
    /// <param name="weights">How much each counts, at least 0, [B]; none where all count alike.</param>
    /// <exception cref="ArgumentException">Lengths differ, or a label is neither 0 nor 1.</exception>
    public void Add(ReadOnlySpan<float> logits, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights = default)
    {
        Labels.CheckLengths(logits.Length, labels.Length);
        for (var b = 0; b < logits.Length; b++)
            Add(logits[b], Labels.IsClick(labels[b]), weights.IsEmpty ? 1 : weights[b]);
    }

    /// <summary>Adds one row.</summary>
    /// <param name="logit">The logit z.</param>
    /// <param name="click">Whether the label is 1.</param>
    public void Add(float logit, bool click) => Add(logit, click, 1);

    /// <summary>Adds one row that counts so much.</summary>
    /// <param name="logit">The logit z.</param>
    /// <param name="click">Whether the label is 1.</param>
    /// <param name="weight">At least 0; 1 unless the evaluator was made for weights.</param>
    public void Add(float logit, bool click, float weight)
    {
        if (_weighted is not null)
            _weighted.Add(logit, click, weight);
        else if (weight == 1)
            _auc.Add(logit, click);
        else
            throw new ArgumentOutOfRangeException(nameof(weight), weight, "expected 1: the evaluator was not made for weights");
        if (weight == 0)
            return;
        double z = logit;
        var clipped = Math.Clamp(z, -_largestLogit, _largestLogit);
        (var p, var softplus) = Logistic.SigmoidAndSoftplus(z, click ? -clipped : clipped);
        // softplus(−z) for a click and softplus(z) otherwise, so that an infinite logit gives 0 or infinity and never NaN.
        _loss.Add(weight * softplus);
        _probability.Add(weight * p);
        _weight.Add(weight);
        var bin = double.IsNaN(p) ? 0 : Math.Min((int)(p * Bins), Bins - 1);
        _binWeights[bin].Add(weight);
        _binProbabilities[bin].Add(weight * p);
        if (!click)
            return;
        _clickWeight.Add(weight);
        _binClicks[bin].Add(weight);
    }

    /// <summary>The metrics of all rows added so far; more may be added afterwards.</summary>
    public Metrics Result()
    {
        var rows = _weight.Value; // each as often as it counts
        var error = rows == 0 ? double.NaN : 0;
        for (var i = 0; i < Bins; i++)
        {
            if (_binWeights[i].Value > 0)
                error += Math.Abs(_binProbabilities[i].Value - _binClicks[i].Value) / rows;
        }
        return new Metrics(_weighted?.Result() ?? _auc.Result(), _loss.Value / rows, _probability.Value / _clickWeight.Value, error, Rows,
            _weighted?.Clicks ?? _auc.Clicks);
    }

    /// <summary>Forgets all rows and keeps the memory, for the next evaluation.</summary>
    public void Clear()
    {
        _auc.Clear();
        _weighted?.Clear();
        (_loss, _probability, _weight, _clickWeight) = (default, default, default, default);
        Array.Clear(_binWeights);
        Array.Clear(_binClicks);
        Array.Clear(_binProbabilities);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _auc.Dispose();
        _weighted?.Dispose();
    }
}
