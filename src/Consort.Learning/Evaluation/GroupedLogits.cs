using System.Runtime.InteropServices;

namespace Consort.Learning.Evaluation;

/// <summary>The logits of some outputs for rows that belong to groups, for AUC within these.</summary>
/// <param name="outputs">How many outputs.</param>
internal sealed class GroupedLogits(int outputs)
{
    private readonly List<float>[] _logits = [.. Enumerable.Range(0, outputs).Select(_ => new List<float>())];
    private readonly List<float> _labels = [];
    private readonly List<float> _weights = [];
    private readonly List<int> _groups = [];
    private readonly Dictionary<ulong, int> _numbers = [];

    /// <summary>Adds rows, whose logits follow.</summary>
    public void Add(ReadOnlySpan<double> labels, ReadOnlySpan<ulong> groups, ReadOnlySpan<double> weights)
    {
        for (var b = 0; b < labels.Length; b++)
        {
            _labels.Add((float)labels[b]);
            if (!weights.IsEmpty)
                _weights.Add((float)weights[b]);
            if (groups[b] != 0)
                _numbers.TryAdd(groups[b], _numbers.Count);
            _groups.Add(groups[b] == 0 ? -1 : _numbers[groups[b]]);
        }
    }

    /// <summary>Adds an output's logits of the same rows.</summary>
    public void Add(int output, ReadOnlySpan<double> logits)
    {
        foreach (var logit in logits)
            _logits[output].Add((float)logit);
    }

    /// <summary>AUC within groups of an output, and over how many; of the last output, which is what is shown, with its interval.</summary>
    public GroupedAuc Auc(int output) => GroupedAuc.Of(CollectionsMarshal.AsSpan(_logits[output]), CollectionsMarshal.AsSpan(_labels),
        CollectionsMarshal.AsSpan(_groups), CollectionsMarshal.AsSpan(_weights), withInterval: output == _logits.Length - 1);

    public void Clear()
    {
        foreach (var logits in _logits)
            logits.Clear();
        _labels.Clear();
        _weights.Clear();
        _groups.Clear();
        _numbers.Clear();
    }
}
