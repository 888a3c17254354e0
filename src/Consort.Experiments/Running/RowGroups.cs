namespace Consort.Experiments.Running;

/// <summary>What rows belong to by their values in a field of kind group, as small numbers.</summary>
internal sealed class RowGroups
{
    private readonly Dictionary<ulong, int> _numbers = [];
    private readonly List<int> _clusters = [];

    /// <summary>One a row; a row without a group belongs to nothing but itself.</summary>
    public IReadOnlyList<int> Clusters => _clusters;

    /// <summary>Adds rows.</summary>
    public void Add(ReadOnlySpan<ulong> groups)
    {
        foreach (var group in groups)
        {
            if (group != 0)
                _numbers.TryAdd(group, _numbers.Count);
            _clusters.Add(group == 0 ? -1 - _clusters.Count : _numbers[group]);
        }
    }
}
