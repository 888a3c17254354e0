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
    /// <summary>The declaration.</summary>
    public static OptionSet<DistillationOptions> Options { get; } = new OptionSet<DistillationOptions>(() => new())
        .Add("weight", o => o.Weight, (o, v) => o with { Weight = v }, StrategyRanges.Weight, "w, of the teachers' term")
        .Add("label_weight", o => o.LabelWeight, (o, v) => o with { LabelWeight = v }, StrategyRanges.Weight,
            "λ, of the labels' term; 0 learns from teachers alone; soft labels and probabilities go with 1")
        .Add("temperature", o => o.Temperature, (o, v) => o with { Temperature = v }, Domain.Number(0.01, 1000), "T of soft labels")
        .Add("distance", o => o.Distance, (o, v) => o with { Distance = v },
            Domain.Words(("mse_logit", TeacherDistance.Logit), ("mse", TeacherDistance.Probability),
                ("soft_label", TeacherDistance.SoftLabel)),
            "of logits squared, of probabilities squared, or of soft labels")
        .Add("gate", o => o.Gate, (o, v) => o with { Gate = v },
            Domain.Words(("none", TeacherGate.None), ("label", TeacherGate.Label), ("learned", TeacherGate.Learned)),
            "how much each teacher counts in a row")
        .Add("gate_rate", o => o.GateRate, (o, v) => o with { GateRate = v }, Domain.Number(0, 10),
            "learning rate of a learned gate, by plain descent");

    /// <summary>Of the teachers' term.</summary>
    public double Weight { get; init => field = Options.Checked("weight", value); } = 20;

    /// <summary>Of the labels' term; 0 learns from teachers alone.</summary>
    public double LabelWeight { get; init => field = Options.Checked("label_weight", value); } = 0.1;

    /// <summary>T of soft labels.</summary>
    public double Temperature { get; init => field = Options.Checked("temperature", value); } = 1;

    /// <summary>How far a student is from a teacher.</summary>
    public TeacherDistance Distance { get; init => field = Options.Checked("distance", value); } = TeacherDistance.Logit;

    /// <summary>How much each teacher counts.</summary>
    public TeacherGate Gate { get; init => field = Options.Checked("gate", value); }

    /// <summary>Learning rate of a learned gate.</summary>
    public double GateRate { get; init => field = Options.Checked("gate_rate", value); } = 0.05;
}
