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
public sealed record SupervisedOptions
{
    /// <summary>The declaration.</summary>
    public static OptionSet<SupervisedOptions> Options { get; } = new OptionSet<SupervisedOptions>(() => new())
        .Add("loss", o => o.Loss, (o, v) => o with { Loss = v },
            Domain.Words(("members", LabelLoss.Members), ("ensemble", LabelLoss.Ensemble)),
            "whether each member learns from labels by itself, or the fused logit alone")
        .Add("reduction", o => o.Reduction, (o, v) => o with { Reduction = v },
            Domain.Words(("sum", MemberReduction.Sum), ("mean", MemberReduction.Mean)),
            "how members' losses are put together, with `loss: members`")
        .Add("self_distillation", o => o.SelfDistillation, (o, v) => o with { SelfDistillation = v }, Domain.Number(0, 100),
            "λ, weight of members' cross-entropy to the ensemble");

    /// <summary>Which logit is fitted to the label.</summary>
    public LabelLoss Loss { get; init => field = Options.Checked("loss", value); }

    /// <summary>How the losses of members are put together; matters for <see cref="LabelLoss.Members"/> only.</summary>
    public MemberReduction Reduction { get; init => field = Options.Checked("reduction", value); }

    /// <summary>Weight of members' cross-entropy to the ensemble.</summary>
    public double SelfDistillation { get; init => field = Options.Checked("self_distillation", value); }
}
