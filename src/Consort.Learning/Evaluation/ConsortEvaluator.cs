using Consort.Learning.Strategies;
using Consort.Models;

namespace Consort.Learning.Evaluation;

/// <summary>Metrics of an ensemble and of each of its members on the same rows.</summary>
/// <param name="Ensemble">Metrics of the fused logit.</param>
/// <param name="Members">Metrics of each member's logit, [M].</param>
public sealed record ConsortMetrics(Metrics Ensemble, IReadOnlyList<Metrics> Members);

/// <summary>
/// Measures M members and their ensemble in one pass. Logits are rounded to float32 first, as a scorer gives them out. Memory: 4 (M + 1)
/// bytes a row, 4 for a single member, which is its own ensemble. Not safe for use by several threads at once.
/// </summary>
public sealed class ConsortEvaluator : IDisposable
{
    private readonly Evaluator[] _members; // [M]
    private readonly Evaluator _ensemble;
    private readonly Fusion _fusion;
    private readonly GroupedLogits? _groups; // of all outputs, the ensemble last

    /// <summary>Creates an evaluator without rows.</summary>
    /// <param name="members">Number of members M, at least 1.</param>
    /// <param name="fusion">How <see cref="Add(ReadOnlySpan{float}, ReadOnlySpan{float})"/> fuses member logits.</param>
    /// <param name="clip">Clip of probabilities in log-loss, see <see cref="Evaluator"/>.</param>
    /// <param name="isWeighted">Whether rows have weights.</param>
    /// <param name="hasGroups">Whether rows have groups, within which AUC is measured too: 8 bytes a row more, and 4 (M + 2).</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public ConsortEvaluator(
        int members, Fusion fusion, double clip = Evaluator.DefaultClip, bool isWeighted = false, bool hasGroups = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(members, 1);
        _fusion = fusion;
        _members = new Evaluator[members];
        for (var m = 0; m < members; m++)
            _members[m] = new Evaluator(clip, isWeighted);
        _ensemble = members == 1 ? _members[0] : new Evaluator(clip, isWeighted);
        _groups = hasGroups ? new GroupedLogits(members == 1 ? 1 : members + 1) : null;
    }

    /// <summary>Rows added.</summary>
    public long Rows => _ensemble.Rows;

    /// <summary>
    /// Adds the rows of a batch after <see cref="BatchLogits.Prepare"/> or <see cref="BatchLogits.Fuse"/>; the ensemble logit is the
    /// batch's.
    /// </summary>
    /// <param name="batch">Logits and labels, and the rows' weights where they have some.</param>
    /// <param name="groups">The rows' groups, 0 for none, [B]; read where the evaluator was made for them.</param>
    /// <exception cref="ArgumentException">The number of members differs, or a label is neither 0 nor 1.</exception>
    public void Add(BatchLogits batch, ReadOnlySpan<ulong> groups = default)
    {
        CheckMembers(batch.Members);
        ReadOnlySpan<double> labels = batch.Labels();
        for (var m = 0; m < _members.Length; m++)
            Add(_members[m], batch.Logits(m), labels, batch.Weights());
        if (_members.Length > 1) Add(_ensemble, batch.EnsembleLogits(), labels, batch.Weights());
        if (_groups is null)
            return;
        _groups.Add(labels, groups, batch.Weights());
        for (var m = 0; m < _members.Length; m++)
            _groups.Add(m, batch.Logits(m));
        if (_members.Length > 1) _groups.Add(_members.Length, batch.EnsembleLogits());
    }

    /// <summary>Adds rows of member logits and fuses them.</summary>
    /// <param name="logits">Member logits, [B, M], row-major.</param>
    /// <param name="labels">Labels, 0 or 1, [B].</param>
    /// <exception cref="ArgumentException">Sizes do not fit, or a label is neither 0 nor 1.</exception>
    public void Add(ReadOnlySpan<float> logits, ReadOnlySpan<float> labels)
    {
        var members = _members.Length;
        if (logits.Length != (long)labels.Length * members)
            throw new ArgumentException($"got {logits.Length} logits for {labels.Length} rows of {members} members");
        var share = _fusion.Share(members);
        for (var b = 0; b < labels.Length; b++)
        {
            var click = Labels.IsClick(labels[b]);
            double sum = 0;
            for (var m = 0; m < members; m++)
            {
                var logit = logits[b * members + m];
                if (m == 0 || _fusion != Fusion.First)
                    sum += logit;
                _members[m].Add(logit, click);
            }
            if (members > 1) _ensemble.Add((float)(sum * share), click);
        }
    }

    /// <summary>The metrics of all rows added so far.</summary>
    public ConsortMetrics Result() =>
        new(Result(_ensemble, _members.Length - (_members.Length == 1 ? 1 : 0)), [.. _members.Select(Result)]);

    /// <summary>Forgets all rows and keeps the memory.</summary>
    public void Clear()
    {
        _ensemble.Clear();
        _groups?.Clear();
        foreach (var member in _members)
            member.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ensemble.Dispose();
        foreach (var member in _members)
            member.Dispose();
    }

    private void CheckMembers(int members)
    {
        if (members != _members.Length)
            throw new ArgumentException($"got a batch of {members} members, expected {_members.Length}");
    }

    private Metrics Result(Evaluator evaluator, int output)
    {
        var grouped = _groups?.Auc(output);
        return evaluator.Result() with
        {
            GroupAuc = grouped?.Auc,
            Groups = grouped?.Groups,
            GroupAucLow = grouped?.Interval?.Low,
            GroupAucHigh = grouped?.Interval?.High,
        };
    }

    private static void Add(Evaluator evaluator, ReadOnlySpan<double> logits, ReadOnlySpan<double> labels, ReadOnlySpan<double> weights)
    {
        for (var b = 0; b < logits.Length; b++)
            evaluator.Add((float)logits[b], Labels.IsClick((float)labels[b]), weights.IsEmpty ? 1 : (float)weights[b]);
    }
}
