using Consort.Foundation.Options;

namespace Consort.Learning.Strategies;

/// <summary>Which logit is fitted to the label.</summary>
public enum LabelLoss
{
    /// <summary>Each member's own: independent members trained side by side.</summary>
    Members,

    /// <summary>The fused one alone: a plain ensemble.</summary>
    Ensemble,
}

/// <summary>How the losses of members are put together.</summary>
public enum MemberReduction
{
    /// <summary>Sum: each member's gradient is what it would be if it were trained alone.</summary>
    Sum,

    /// <summary>Mean: each member's gradient is divided by M.</summary>
    Mean,
}

/// <summary>Options of <see cref="Supervised"/>.</summary>
/// <param name="Loss">Key <c>loss</c>: members (default) or ensemble.</param>
/// <param name="Reduction">Key <c>reduction</c>: sum (default) or mean; matters for <see cref="LabelLoss.Members"/> only.</param>
/// <param name="SelfDistillation">Key <c>self_distillation</c>: weight of members' cross-entropy to the ensemble, 0 to 100.</param>
public sealed record SupervisedOptions(
    LabelLoss Loss = LabelLoss.Members,
    MemberReduction Reduction = MemberReduction.Sum,
    double SelfDistillation = 0)
{
    private static readonly Dictionary<string, LabelLoss> Losses = new()
    {
        ["members"] = LabelLoss.Members,
        ["ensemble"] = LabelLoss.Ensemble,
    };

    private static readonly Dictionary<string, MemberReduction> Reductions = new()
    {
        ["sum"] = MemberReduction.Sum,
        ["mean"] = MemberReduction.Mean,
    };

    /// <summary>Reads the options; keys that are absent take their defaults.</summary>
    /// <exception cref="ConsortException">A value is none of those listed.</exception>
    public static SupervisedOptions From(OptionMap map) => new(
        map.Choice("loss", LabelLoss.Members, Losses),
        map.Choice("reduction", MemberReduction.Sum, Reductions),
        map.Number("self_distillation", 0, 0, 100));
}
