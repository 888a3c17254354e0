using System.Runtime.InteropServices;
using Consort.Data.Batches;
using Consort.Data.Schemas;
using Consort.Learning.Diagnostics;
using Consort.Learning.Evaluation;
using Consort.Learning.Strategies;

namespace Consort.Studies.Diagnostics;

/// <summary>
/// The logits of members and ensemble, the labels and the groups of all rows, and what is measured on them. Memory: 4 (M + 3) bytes a row.
/// </summary>
internal sealed class RecordedOutputs
{
    /// <summary>Points of a reliability curve.</summary>
    public const int Bins = 20;

    private readonly List<float>[] _members;
    private readonly List<float> _ensemble = [];
    private readonly List<float> _labels = [];
    private readonly List<float> _weights = [];
    private readonly List<int> _groups = [];
    private readonly Dictionary<ulong, int> _numbers = [];
    private readonly string? _groupName;
    private readonly Column? _column;
    private readonly int _columnIndex;

    /// <summary>Begins without rows.</summary>
    /// <param name="members">M.</param>
    /// <param name="space">The columns.</param>
    /// <param name="columnIndex">The column of the groups, or −1.</param>
    /// <param name="group">The field of kind group, whose groups count where no column is named; null for none.</param>
    public RecordedOutputs(int members, FeatureSpace space, int columnIndex, string? group = null)
    {
        _members = [.. Enumerable.Range(0, members).Select(_ => new List<float>())];
        _columnIndex = columnIndex;
        _column = columnIndex < 0 ? null : space.Categorical[columnIndex];
        _groupName = _column?.Name ?? group;
    }

    /// <summary>All rows.</summary>
    public long Rows => _labels.Count;

    /// <summary>M.</summary>
    public int Members => _members.Length;

    /// <summary>Adds a batch and its logits, rounded to float32 as a scorer gives them out.</summary>
    public void Add(Batch batch, BatchLogits logits)
    {
        for (var row = 0; row < batch.Rows; row++)
        {
            _labels.Add(batch.Labels[row]);
            _ensemble.Add((float)logits.EnsembleLogits()[row]);
            if (_column is not null)
            {
                // The first two ids of a column are no values: missing, and not seen in training.
                var id = batch.IdsOf(row)[_columnIndex] - _column.Offset;
                _groups.Add(id < 2 ? -1 : id);
            }
            else if (_groupName is not null)
            {
                if (batch.Groups[row] is not 0 and var known)
                    _numbers.TryAdd(known, _numbers.Count);
                _groups.Add(batch.Groups[row] == 0 ? -1 : _numbers[batch.Groups[row]]);
            }
        }

        _weights.AddRange(batch.Weights);

        for (var member = 0; member < _members.Length; member++)
            foreach (var logit in logits.Logits(member))
                _members[member].Add((float)logit);
    }

    /// <summary>The logits of a member, or of the ensemble for −1, [n].</summary>
    public ReadOnlySpan<float> Logits(int member) => CollectionsMarshal.AsSpan(member < 0 ? _ensemble : _members[member]);

    /// <summary>The labels, [n].</summary>
    public ReadOnlySpan<float> Labels => CollectionsMarshal.AsSpan(_labels);

    /// <summary>AUC, log-loss and calibration of a member, or of the ensemble for −1.</summary>
    public Metrics Metrics(int member)
    {
        using var evaluator = new Evaluator(isWeighted: _weights.Count > 0);
        evaluator.Add(Logits(member), Labels, CollectionsMarshal.AsSpan(_weights));
        return evaluator.Result();
    }

    /// <summary>Measures a member's output, or the ensemble's for −1.</summary>
    public OutputDiagnosis Measure(int member)
    {
        var logits = Logits(member);
        var labels = Labels;
        return new OutputDiagnosis(
            Metrics(member), CalibrationCurve.Of(logits, labels, Bins, CollectionsMarshal.AsSpan(_weights)),
            _groupName is null ? null : GroupAuc.Of(
                _groupName, logits, labels, CollectionsMarshal.AsSpan(_groups), CollectionsMarshal.AsSpan(_weights)));
    }

    /// <summary>How far a member is from the ensemble.</summary>
    public Discrepancy FromEnsemble(int member)
    {
        var (mean, max) = LogitAgreement.Difference(Logits(member), Logits(-1));
        return new Discrepancy(mean, max);
    }
}
