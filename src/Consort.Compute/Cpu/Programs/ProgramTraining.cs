using System.Numerics;

namespace Consort.Compute.Cpu.Programs;

// What a phase sets otherwise than the graph says, while training.
public sealed partial class Program<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>
    /// Members whose operations run as in scoring even while training: nothing drops, and batch norm reads its running statistics and
    /// leaves them as they are. Null for none. Operations that several members need are not affected.
    /// </summary>
    public IReadOnlySet<int>? FrozenMembers { get; set; }

    /// <summary>
    /// p in [0, 1) in the place of that of every operation that drops numbers while training; null, as a rule, leaves each its own.
    /// </summary>
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

    /// <summary>
    /// Whether batch norm normalises by its running statistics while training too, and leaves them as they are; its γ and β are trained.
    /// </summary>
    public bool KeepsStatistics { get; set; }

    /// <summary>How far a batch moves batch norm's running statistics, in [0, 1]; null for its own, a tenth.</summary>
    public double? Momentum { get; set; }

    /// <summary>Whether training computes the logits that scoring does: nothing drops, and no statistics are those of the batch.</summary>
    public bool TrainsAsItScores => _dropRates.TrueForAll(r => r.Threshold == 0)
        && (KeepsStatistics || !Graph.Values.Any(v => v.Operation is { ReadsTheBatch: true }));
}
