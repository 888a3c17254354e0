using Consort.Learning.Losses;
using Consort.Models;

namespace Consort.Learning.Strategies;

/// <summary>
/// Mutual learning between equals: L_n = mean_b BCE(y, p_n) + w/(M−1) Σ_{i≠n} mean_b d(p_i, p_n), where the peer's p_i is a constant target
/// for n. The loss of the step is Σ_n L_n.
/// </summary>
/// <remarks>
/// <para>Source: Yılmaz and Aldemir, "Mutual Learning for Finetuning Click-Through Rate Prediction Models", arXiv 2406.12087, with
/// d = (p_i − p_n)²; after Zhang et al., "Deep Mutual Learning", CVPR 2018, whose divergence is the KL.</para>
/// <para>How we read it: the paper gives one loss per network and updates each network by its own. As peers are constants, ∂L_n/∂z_i = 0
/// for i ≠ n, so the gradient of the sum over members is exactly each member's own gradient, and no 1/M appears. All members see the
/// logits of the same forward pass (Deep Mutual Learning alternates; the paper does not say).</para>
/// <para>Terms: "label" = Σ_n BCE, "peer" = w/(M−1) Σ_n Σ_{i≠n} d. With one member the peer term is 0.</para>
/// </remarks>
public sealed class MutualLearning : Strategy
{
    private static readonly string[] Terms = ["label", "peer"];
    private readonly MutualLearningOptions _options;

    /// <summary>Creates the strategy.</summary>
    /// <param name="options">Weight and divergence; defaults when null.</param>
    public MutualLearning(MutualLearningOptions? options = null) => _options = options ?? new MutualLearningOptions();

    /// <inheritdoc/>
    public override string Name => "mutual";

    /// <inheritdoc/>
    public override IReadOnlyList<string> TermNames => Terms;

    /// <inheritdoc/>
    public override (string Key, string Message)? Mistake(int members, Fusion fusion) => members < 2
        ? ("members", "found one member, expected at least two that learn from each other")
        : NoSlices(fusion);

    /// <inheritdoc/>
    public override void Apply(BatchLogits batch, Span<double> terms)
    {
        terms = Begin(terms);
        if (batch.Rows == 0)
            return;
        for (var n = 0; n < batch.Members; n++)
            terms[0] += AddMemberLabelLoss(batch, n, 1);
        if (batch.Members == 1 || _options.Weight == 0)
            return;
        var scale = _options.Weight / (batch.Members - 1) / batch.Rows;
        for (var n = 0; n < batch.Members; n++)
            for (var i = 0; i < batch.Members; i++)
                if (i != n)
                    terms[1] += scale * AddDivergence(batch, n, i, scale);
    }

    private double AddDivergence(BatchLogits batch, int learner, int peer, double scale) =>
        _options.Divergence == PeerDivergence.SquaredError
        ? SquaredError.Add(scale, batch.Probabilities(peer), batch.Probabilities(learner), batch.Gradients(learner))
        : BernoulliKl.Add(
            scale, batch.Logits(peer), batch.Probabilities(peer), batch.Logits(learner), batch.Probabilities(learner),
            batch.Gradients(learner));
}
