using Consort.Learning.Evaluation;
using Consort.Learning.Strategies;

namespace Consort.Learning.Training;

/// <summary>
/// Adds each batch to the metrics beside the pass: while one is measured, which is one thread's work, the next goes forward. With one
/// thread it is measured at once. The metrics are the same, for batches are added in their order.
/// </summary>
internal sealed class AsideEvaluation : IDisposable
{
    private readonly LogitPass _pass;
    private readonly ConsortEvaluator _evaluator;
    private readonly Action _measure;
    private readonly bool _isAside;
    private readonly ulong[] _groups; // the batch's own are the loader's
    private BatchLogits? _batch;
    private int _groupCount;
    private Task _running = Task.CompletedTask;

    /// <summary>Takes the batches of a pass; the caller keeps owning the evaluator.</summary>
    public AsideEvaluation(LogitPass pass, ConsortEvaluator evaluator, int threads)
    {
        (_pass, _evaluator, _isAside) = (pass, evaluator, threads > 1);
        _groups = new ulong[pass.Logits.Capacity];
        _measure = () => _evaluator.Add(_batch!, _groups.AsSpan(0, _groupCount));
    }

    /// <summary>Adds the batch that the pass has computed, and leaves the pass to the next.</summary>
    /// <param name="groups">The rows' groups, or none.</param>
    /// <exception cref="ArgumentException">As the evaluator says, of this batch or of the one before.</exception>
    public void Add(ReadOnlySpan<ulong> groups)
    {
        if (!_isAside)
        {
            _evaluator.Add(_pass.Logits, groups);
            return;
        }

        Finish();
        _batch = _pass.Turn();
        groups.CopyTo(_groups);
        _groupCount = groups.Length;
        _running = Task.Run(_measure);
    }

    /// <summary>Waits until all batches are measured.</summary>
    public void Finish() => _running.GetAwaiter().GetResult();

    /// <summary>Waits, whatever came of it: the evaluator may go then.</summary>
    public void Dispose() => ((IAsyncResult)_running).AsyncWaitHandle.WaitOne();
}
