using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Programs;

/// <summary>What a phase sets otherwise than a graph says, while training. <see cref="Program{T}"/> says what its members mean.</summary>
internal sealed class TrainingOverrides(Graph graph)
{
    private readonly List<DropRate> _dropRates = [];
    private readonly int[] _owners = MemberOwners.Of(graph);
    private readonly bool _readsBatches = graph.Values.Any(v => v.Operation is { ReadsTheBatch: true });

    /// <summary>Members whose operations run as in scoring.</summary>
    public IReadOnlySet<int>? FrozenMembers { get; set; }

    /// <summary>p of every operation that drops numbers.</summary>
    public double? Dropout
    {
        get;
        set
        {
            field = value;
            foreach (var rate in _dropRates)
                rate.Replace(value);
        }
    }

    /// <summary>Whether batch norm reads its running statistics.</summary>
    public bool KeepsStatistics { get; set; }

    /// <summary>How far a batch moves them.</summary>
    public double? Momentum { get; set; }

    /// <summary>Whether training computes what scoring does.</summary>
    public bool TrainsAsItScores => _dropRates.TrueForAll(r => r.Threshold == 0) && (KeepsStatistics || !_readsBatches);

    /// <summary>A share of numbers to drop, which <see cref="Dropout"/> may replace.</summary>
    public DropRate RateOf(double own)
    {
        var rate = new DropRate(own);
        _dropRates.Add(rate);
        return rate;
    }

    /// <summary>Whether a value is computed as in scoring.</summary>
    public bool IsFrozen(int value) => FrozenMembers is { Count: > 0 } frozen && _owners[value] >= 0 && frozen.Contains(_owners[value]);
}
