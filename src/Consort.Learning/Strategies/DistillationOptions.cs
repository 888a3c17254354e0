using Consort.Foundation.Options;

namespace Consort.Learning.Strategies;

/// <summary>How far a student is from a teacher in one row.</summary>
public enum TeacherDistance
{
    /// <summary>T² · CE(σ(z_t/T), σ(z/T)): cross-entropy with the teacher's softened probability (Hinton).</summary>
    SoftLabel,

    /// <summary>(p_t − p)².</summary>
    Probability,

    /// <summary>(z_t − z)².</summary>
    Logit,
}

/// <summary>How much each of several teachers counts in one row.</summary>
public enum TeacherGate
{
    /// <summary>All alike, 1/teachers.</summary>
    None,

    /// <summary>Softmax of −BCE(y, p_t): a teacher that is right in this row counts more. No parameters.</summary>
    Label,

    /// <summary>Softmax of w_t z_t + b_t with learned w and b (Zhu et al.).</summary>
    Learned,
}

/// <summary>Options of <see cref="Distillation"/>.</summary>
public sealed record DistillationOptions
{
    private static readonly Dictionary<string, TeacherDistance> Distances = new()
    {
        ["soft_label"] = TeacherDistance.SoftLabel,
        ["mse"] = TeacherDistance.Probability,
        ["mse_logit"] = TeacherDistance.Logit,
    };

    private static readonly Dictionary<string, TeacherGate> Gates = new()
    {
        ["none"] = TeacherGate.None,
        ["label"] = TeacherGate.Label,
        ["learned"] = TeacherGate.Learned,
    };

    /// <summary>Key <c>weight</c>: of the teachers' term, 0 to 1000, default 1.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Key <c>label_weight</c>: of the labels' term, 0 to 1000, default 1; 0 learns from teachers alone.</summary>
    public double LabelWeight { get; init; } = 1;

    /// <summary>Key <c>temperature</c>: T of soft labels, 0.01 to 1000, default 1.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Key <c>distance</c>: <c>soft_label</c> (default), <c>mse</c> of probabilities or <c>mse_logit</c>.</summary>
    public TeacherDistance Distance { get; init; }

    /// <summary>Key <c>gate</c>: <c>none</c> (default), <c>label</c> or <c>learned</c>.</summary>
    public TeacherGate Gate { get; init; }

    /// <summary>Key <c>gate_rate</c>: learning rate of a learned gate, 0 to 10, default 0.05.</summary>
    public double GateRate { get; init; } = 0.05;

    /// <summary>Reads the options; keys that are absent take their defaults.</summary>
    /// <exception cref="ConsortException">A value is out of range.</exception>
    public static DistillationOptions From(OptionMap map) => new()
    {
        Weight = map.Number("weight", 1, 0, StrategyRanges.MaxWeight),
        LabelWeight = map.Number("label_weight", 1, 0, StrategyRanges.MaxWeight),
        Temperature = map.Number("temperature", 1, 0.01, 1000),
        Distance = map.Choice("distance", TeacherDistance.SoftLabel, Distances),
        Gate = map.Choice("gate", TeacherGate.None, Gates),
        GateRate = map.Number("gate_rate", 0.05, 0, 10),
    };
}
