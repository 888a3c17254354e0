using Consort.Foundation.Options;

namespace Consort.Learning.Strategies;

/// <summary>What pulls a member towards a peer.</summary>
public enum PeerDivergence
{
    /// <summary>(q_peer − p)², as in the paper on CTR models.</summary>
    SquaredError,

    /// <summary>KL(Bernoulli(q_peer) ‖ Bernoulli(p)), as in Deep Mutual Learning.</summary>
    BernoulliKl,
}

/// <summary>What a peer says of a row.</summary>
public enum PeerReading
{
    /// <summary>What it would say when scoring: nothing drops, batch norm takes its running statistics. A second forward pass a
    /// step, where that differs.</summary>
    Evaluation,

    /// <summary>What it says in the pass that trains it, with dropout and the batch's statistics.</summary>
    Training,
}

/// <summary>Options of <see cref="MutualLearning"/>.</summary>
public sealed record MutualLearningOptions
{
    /// <summary>The declaration.</summary>
    public static OptionSet<MutualLearningOptions> Options { get; } = new OptionSet<MutualLearningOptions>(() => new())
        .Add("weight", o => o.Weight, (o, v) => o with { Weight = v }, StrategyRanges.Weight, "w, of the peer term against the label term")
        .Add("divergence", o => o.Divergence, (o, v) => o with { Divergence = v },
            Domain.Words(("mse", PeerDivergence.SquaredError), ("kl", PeerDivergence.BernoulliKl)),
            "d, what pulls a member towards a peer")
        .Add("label_weight", o => o.LabelWeight, (o, v) => o with { LabelWeight = v }, StrategyRanges.Weight,
            "λ, of the labels' term; 0 learns from peers alone")
        .Add("peers", o => o.Peers, (o, v) => o with { Peers = v },
            Domain.Words(("evaluation", PeerReading.Evaluation), ("training", PeerReading.Training)),
            "whether a peer is read as it scores, in a forward pass of its own, or as it is in the pass that trains it")
        .Add("warm_epochs", o => o.WarmEpochs, (o, v) => o with { WarmEpochs = v }, Domain.IntegerOrNone(0, 1000),
            "epochs of the phase in which the label term acts alone; where absent 1 in a first phase without `from`, else 0");

    /// <summary>Weight of the peer term against the label term.</summary>
    public double Weight { get; init => field = Options.Checked("weight", value); } = 5;

    /// <summary>What pulls a member towards a peer.</summary>
    public PeerDivergence Divergence { get; init => field = Options.Checked("divergence", value); } = PeerDivergence.BernoulliKl;

    /// <summary>Weight of the label term.</summary>
    public double LabelWeight { get; init => field = Options.Checked("label_weight", value); } = 1;

    /// <summary>What a peer says of a row.</summary>
    public PeerReading Peers { get; init => field = Options.Checked("peers", value); }

    /// <summary>Epochs of the phase in which the label term acts alone; null for 1 where it begins with fresh weights, else 0.</summary>
    public int? WarmEpochs { get; init => field = Options.Checked("warm_epochs", value); }

    /// <summary>The setting of Yılmaz and Aldemir 2024.</summary>
    public static MutualLearningOptions OfThePaper { get; } = new()
    {
        Weight = 1,
        Divergence = PeerDivergence.SquaredError,
        Peers = PeerReading.Training,
        WarmEpochs = 0,
    };
}
