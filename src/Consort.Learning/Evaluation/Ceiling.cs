namespace Consort.Learning.Evaluation;

/// <summary>
/// The best that any model can reach on rows whose true click probability is known (synthetic clicks): AUC and log-loss of the true
/// probability against the clicks drawn from it. A model may beat it on few rows by chance, never in expectation.
/// </summary>
/// <remarks>
/// Log-loss = mean of −y log p − (1 − y) log(1 − p) in double precision from the float32 probability, clipped to [1e-7, 1 − 1e-7] as in
/// <see cref="Evaluator"/>. Not safe for use by several threads at once.
/// </remarks>
public sealed class Ceiling : IDisposable
{
    private readonly AucCounter _auc = new();
    private CompensatedSum _loss;

    /// <summary>Rows added.</summary>
    public long Rows => _auc.Rows;

    /// <summary>Adds rows.</summary>
    /// <param name="truth">True click probabilities, 0 to 1, [B].</param>
    /// <param name="labels">Labels, 0 or 1, [B].</param>
    /// <exception cref="ArgumentException">Lengths differ, a label is neither 0 nor 1, or a probability is outside 0 to 1.</exception>
    public void Add(ReadOnlySpan<float> truth, ReadOnlySpan<float> labels)
    {
        Labels.CheckLengths(truth.Length, labels.Length);
        for (var b = 0; b < truth.Length; b++)
        {
            var p = truth[b];
            if (!(p >= 0 && p <= 1))
                throw new ArgumentException(FormattableString.Invariant($"found the probability {p}, expected 0 to 1"), nameof(truth));
            var click = Labels.IsClick(labels[b]);
            _auc.Add(p, click);
            var clipped = Math.Clamp((double)p, Evaluator.DefaultClip, 1 - Evaluator.DefaultClip);
            _loss.Add(-Math.Log(click ? clipped : 1 - clipped));
        }
    }

    /// <summary>The best reachable AUC; NaN when the labels are all alike.</summary>
    public double Auc() => _auc.Result();

    /// <summary>The best reachable log-loss in nats; NaN without rows.</summary>
    public double LogLoss() => _loss.Value / _auc.Rows;

    /// <summary>Forgets all rows and keeps the memory.</summary>
    public void Clear()
    {
        _auc.Clear();
        _loss = default;
    }

    /// <inheritdoc/>
    public void Dispose() => _auc.Dispose();
}
