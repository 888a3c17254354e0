using Consort.Learning.Losses;

namespace Consort.Learning.Evaluation;

/// <summary>
/// Measures one stream of logits against labels: exact AUC, log-loss in double precision, calibration ratio and expected calibration error.
/// Batches may be of any size; the result does not depend on how the rows were cut.
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
    private readonly long[] _binRows = new long[Bins];
    private readonly long[] _binClicks = new long[Bins];
    private readonly CompensatedSum[] _binProbabilities = new CompensatedSum[Bins];
    private readonly double _largestLogit;
    private CompensatedSum _loss;
    private CompensatedSum _probability;

    /// <summary>Creates an evaluator without rows.</summary>
    /// <param name="clip">Clip c of probabilities in log-loss, 0 ≤ c &lt; 0.5.</param>
    /// <exception cref="ArgumentOutOfRangeException">The clip is out of range.</exception>
    public Evaluator(double clip = DefaultClip)
    {
        if (!(clip >= 0 && clip < 0.5))
            throw new ArgumentOutOfRangeException(nameof(clip), clip, "expected 0 <= clip < 0.5");
        _largestLogit = clip == 0 ? double.PositiveInfinity : Math.Log((1 - clip) / clip);
    }

    /// <summary>Rows added.</summary>
    public long Rows => _auc.Rows;

    /// <summary>Adds rows.</summary>
    /// <param name="logits">Logits, [B].</param>
    /// <param name="labels">Labels, 0 or 1, [B].</param>
    /// <exception cref="ArgumentException">Lengths differ, or a label is neither 0 nor 1.</exception>
    public void Add(ReadOnlySpan<float> logits, ReadOnlySpan<float> labels)
    {
        Labels.CheckLengths(logits.Length, labels.Length);
        for (var b = 0; b < logits.Length; b++)
            Add(logits[b], Labels.IsClick(labels[b]));
    }

    /// <summary>Adds one row.</summary>
    /// <param name="logit">The logit z.</param>
    /// <param name="click">Whether the label is 1.</param>
    public void Add(float logit, bool click)
    {
        _auc.Add(logit, click);
        double z = logit;
        var clipped = Math.Clamp(z, -_largestLogit, _largestLogit);
        (var p, var softplus) = Logistic.SigmoidAndSoftplus(z, click ? -clipped : clipped);
        // softplus(−z) for a click and softplus(z) otherwise, so that an infinite logit gives 0 or infinity and never NaN.
        _loss.Add(softplus);
        _probability.Add(p);
        var bin = double.IsNaN(p) ? 0 : Math.Min((int)(p * Bins), Bins - 1);
        _binRows[bin]++;
        _binClicks[bin] += click ? 1 : 0;
        _binProbabilities[bin].Add(p);
    }

    /// <summary>The metrics of all rows added so far; more may be added afterwards.</summary>
    public Metrics Result()
    {
        double rows = _auc.Rows;
        var error = rows == 0 ? double.NaN : 0;
        for (var i = 0; i < Bins; i++)
        {
            if (_binRows[i] > 0)
                error += Math.Abs(_binProbabilities[i].Value - _binClicks[i]) / rows;
        }
        return new Metrics(_auc.Result(), _loss.Value / rows, _probability.Value / _auc.Clicks, error, _auc.Rows, _auc.Clicks);
    }

    /// <summary>Forgets all rows and keeps the memory, for the next evaluation.</summary>
    public void Clear()
    {
        _auc.Clear();
        _loss = default;
        _probability = default;
        Array.Clear(_binRows);
        Array.Clear(_binClicks);
        Array.Clear(_binProbabilities);
    }

    /// <inheritdoc/>
    public void Dispose() => _auc.Dispose();
}
