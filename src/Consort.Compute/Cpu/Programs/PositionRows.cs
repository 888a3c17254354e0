using Consort.Compute.Graphs;
using Consort.Foundation.Ranks;

namespace Consort.Compute.Cpu.Programs;

/// <summary>How many rows each value has, of those that have rows for positions rather than impressions, in the batch under way.</summary>
internal sealed unsafe class PositionRows : IDisposable
{
    private readonly Graph _graph;
    private readonly int _capacity;
    private readonly List<Segments> _all = [];
    private readonly Segments?[] _of; // of each value
    private PositionPlaces? _places; // among those of all ranks

    public PositionRows(Graph graph, int capacity)
    {
        (_graph, _capacity) = (graph, capacity);
        _of = [.. graph.Values.Select(v => v.At is null ? null : At(v.At))];
    }

    /// <summary>Where rows lie, of all positions that values have rows for.</summary>
    public IReadOnlyList<Segments> All => _all;

    /// <summary>Where the rows of a value lie; null of one that has a row an impression.</summary>
    public Segments? Of(int value) => _of[value];

    /// <summary>Where the rows of impressions lie among those of positions.</summary>
    public Segments At(Positions at)
    {
        if (_all.Find(s => s.Of == at) is { } known)
            return known;
        var segments = new Segments(at, _graph.Columns, _capacity);
        _all.Add(segments);
        return segments;
    }

    /// <summary>Other ranks have further rows, from now on; all positions are known.</summary>
    public void Meet(IRanks? ranks) => _places = ranks is null || _all.Count == 0 ? null : new PositionPlaces(ranks, _all);

    /// <summary>Looks over a batch.</summary>
    public void Find(in Step step)
    {
        foreach (var segments in _all)
            segments.Find(step.Ids, step.Lists, step.Rows);
        if (step.IsTraining)
            _places?.Find();
    }

    /// <summary>
    /// Whether a value has no rows and is computed from such: whoever leads to it from impressions has their gradients to write.
    /// </summary>
    public bool IsIdle(int value)
    {
        if (_of[value] is not { Rows: 0 })
            return false;
        var inputs = _graph.Values[value].Inputs;
        for (var i = 0; i < inputs.Count; i++)
            if (inputs[i].At is null)
                return false;
        return true;
    }

    public void Dispose()
    {
        foreach (var segments in _all)
            segments.Dispose();
    }
}
