using Consort.Learning.Losses;
using Consort.Models;

namespace Consort.Learning.Strategies;

/// <summary>
/// Members that learn from labels and from each other: L_n = λ mean_b BCE(y, p_n) + w/(M−1) Σ_{i≠n} mean_b d(q_i, p_n), with q_i what peer
/// i says of the row, a constant for the member that learns from it. Total L = Σ_n L_n. d is KL(Bernoulli(q_i) ‖ Bernoulli(p_n)) or
/// (q_i − p_n)².
/// </summary>
/// <remarks>
/// <para>Source: Yılmaz and Aldemir, "Mutual Learning for Finetuning Click-Through Rate Prediction Models", arXiv 2406.12087, with
/// d = (q_i − p_n)²; after Zhang et al., "Deep Mutual Learning", CVPR 2018, whose divergence is the KL.</para>
/// <para>How we read it: the paper gives one loss per network and updates each network by its own. As peers are constants, ∂L_n/∂z_i = 0
/// for i ≠ n, so the gradient of the sum over members is exactly each member's own gradient, and no 1/M appears.</para>
/// <para>How the defaults differ: the paper's are d squared, w = 1, λ = 1, and peers as they are in the pass that trains them, dropout and
/// all (Deep Mutual Learning alternates; the paper does not say). There the peer term is some 3 % of the labels' gradient. Ours are the KL
/// with w = 5, peers read as they score, so that their noise is not taught, and not in the first epoch of fresh weights, in which there is
/// nothing to learn from a peer.</para>
/// <para>Terms: "label" = λ Σ_n BCE, "peer" = w/(M−1) Σ_n Σ_{i≠n} d. With one member the peer term is 0.</para>
/// </remarks>
public sealed class MutualLearning : Strategy
{
    private static readonly string[] Terms = ["label", "peer"];
    private readonly MutualLearningOptions _options;
    private bool _isWarm;

    /// <summary>Creates the strategy.</summary>
    /// <param name="options">Weights, divergence, and how peers are read; defaults when null.</param>
    public MutualLearning(MutualLearningOptions? options = null) => _options = options ?? new MutualLearningOptions();

    /// <inheritdoc/>
    public override string Name => "mutual";

    /// <inheritdoc/>
    public override IReadOnlyList<string> TermNames => Terms;

    /// <inheritdoc/>
    public override bool ShipsOneMember => true;

    /// <inheritdoc/>
    public override bool ReadsPeersAsScored => _options.Peers == PeerReading.Evaluation && IsTeaching;

    private bool IsTeaching => !_isWarm && _options.Weight > 0;

    /// <inheritdoc/>
    public override (string Key, string Message)? Mistake(int members, Fusion fusion) => members < 2
        ? ("members", "found one member, expected at least two that learn from each other")
        : NoSlices(fusion);

    /// <inheritdoc/>
    public override int WarmEpochs(bool isFresh) => _options.WarmEpochs ?? (isFresh ? 1 : 0);

    /// <inheritdoc/>
    public override void Open(int teachers) => _isWarm = false;

    /// <inheritdoc/>
    public override void BeginEpoch(int epoch, bool isFresh) => _isWarm = epoch < WarmEpochs(isFresh);

    /// <inheritdoc/>
    public override void Apply(BatchLogits batch, Span<double> terms)
    {
        terms = Begin(terms);
        if (batch.Rows == 0)
            return;
        for (var n = 0; n < batch.Members && _options.LabelWeight > 0; n++)
            terms[0] += AddMemberLabelLoss(batch, n, _options.LabelWeight);
        if (batch.Members == 1 || !IsTeaching)
            return;
        var scale = _options.Weight / (batch.Members - 1) / batch.Rows;
        for (var n = 0; n < batch.Members; n++)
            for (var i = 0; i < batch.Members; i++)
                if (i != n)
                    terms[1] += scale * AddDivergence(batch, n, i, scale);
    }

    private double AddDivergence(BatchLogits batch, int learner, int peer, double scale) =>
        _options.Divergence == PeerDivergence.SquaredError
        ? SquaredError.Add(scale, batch.PeerProbabilities(peer), batch.Probabilities(learner), batch.Gradients(learner),
            batch.Weights())
        : BernoulliKl.Add(
            scale, batch.PeerLogits(peer), batch.PeerTails(peer), batch.PeerProbabilities(peer), batch.Logits(learner),
            batch.Tails(learner), batch.Probabilities(learner), batch.Gradients(learner), batch.Weights());
}
