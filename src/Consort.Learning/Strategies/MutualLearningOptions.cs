using Consort.Foundation.Options;

namespace Consort.Learning.Strategies;

/// <summary>What pulls a member towards a peer.</summary>
public enum PeerDivergence
{
    /// <summary>(p_peer − p)², as in the paper on CTR models.</summary>
    SquaredError,

    /// <summary>KL(Bernoulli(p_peer) ‖ Bernoulli(p)), as in Deep Mutual Learning.</summary>
    BernoulliKl,
}

/// <summary>Options of <see cref="MutualLearning"/>.</summary>
public sealed record MutualLearningOptions
{
    /// <summary>The declaration.</summary>
    public static OptionSet<MutualLearningOptions> Options { get; } = new OptionSet<MutualLearningOptions>(() => new())
        .Add("weight", o => o.Weight, (o, v) => o with { Weight = v }, StrategyRanges.Weight, "w, of the peer term against the label term")
        .Add("divergence", o => o.Divergence, (o, v) => o with { Divergence = v },
            Domain.Words(("mse", PeerDivergence.SquaredError), ("kl", PeerDivergence.BernoulliKl)),
            "d, what pulls a member towards a peer");

    /// <summary>Weight of the peer term against the label term.</summary>
    public double Weight { get; init => field = Options.Checked("weight", value); } = 1;

    /// <summary>What pulls a member towards a peer.</summary>
    public PeerDivergence Divergence { get; init => field = Options.Checked("divergence", value); }
}
