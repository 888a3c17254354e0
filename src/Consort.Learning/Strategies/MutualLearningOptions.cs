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
    private static readonly Dictionary<string, PeerDivergence> Divergences = new()
    {
        ["mse"] = PeerDivergence.SquaredError,
        ["kl"] = PeerDivergence.BernoulliKl,
    };

    /// <summary>Creates the options.</summary>
    /// <param name="weight">See <see cref="Weight"/>.</param>
    /// <param name="divergence">See <see cref="Divergence"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The weight is not within 0 to 1000.</exception>
    public MutualLearningOptions(double weight = 1, PeerDivergence divergence = PeerDivergence.SquaredError)
    {
        StrategyRanges.CheckWeight(weight);
        Weight = weight;
        Divergence = divergence;
    }

    /// <summary>Key <c>weight</c>: weight of the peer term against the label term, 0 to 1000, default 1.</summary>
    public double Weight { get; }

    /// <summary>Key <c>divergence</c>: mse (default) or kl.</summary>
    public PeerDivergence Divergence { get; }

    /// <summary>Reads the options; keys that are absent take their defaults.</summary>
    /// <exception cref="ConsortException">A value is out of range or none of those listed.</exception>
    public static MutualLearningOptions From(OptionMap map) => new(
        map.Number("weight", 1, 0, StrategyRanges.MaxWeight),
        map.Choice("divergence", PeerDivergence.SquaredError, Divergences));
}
