using Consort.Learning.Losses;
using Consort.Models;

namespace Consort.Learning.Strategies;

/// <summary>
/// Labels for the ensemble and, as far as they do worse than it, for its members (Tri-BCE): L = L_ens + Σ_m w_m L_m, w_m = max(0, L_m −
/// L_ens), with L_ens = mean_b BCE(y, σ(z_ens)) and L_m = mean_b BCE(y, p_m). A member that does better than the ensemble gets no gradient
/// of its own.
/// </summary>
/// <remarks>
/// <para>Source: Li et al., "FCN: Fusing Exponential and Linear Cross Network for Click-Through Rate Prediction", arXiv 2407.13349, for M =
/// 2 (a linear and an exponential cross network); any M here. The paper does not say whether the weights are constants; the authors' code
/// (github.com/salmon1802/FCN) does not detach them, so gradients flow through them too. The option
/// <see cref="TriCrossEntropyOptions.DetachWeights"/> stops that.</para>
/// <para>With S the members whose weight is above 0: dL = (1 − Σ_{m∈S} L_m) dL_ens + Σ_{m∈S} (w_m + L_m) dL_m, or dL_ens + Σ_{m∈S} w_m
/// dL_m where weights are constants. Terms: "ensemble" = L_ens, "members" = Σ_m w_m L_m.</para>
/// </remarks>
public sealed class TriCrossEntropy : Strategy
{
    private static readonly string[] Terms = ["ensemble", "members"];
    private readonly TriCrossEntropyOptions _options;

    /// <summary>Creates the strategy.</summary>
    /// <param name="options">The authors' code when null.</param>
    public TriCrossEntropy(TriCrossEntropyOptions? options = null) => _options = options ?? new TriCrossEntropyOptions();

    /// <inheritdoc/>
    public override string Name => "tri_bce";

    /// <inheritdoc/>
    public override IReadOnlyList<string> TermNames => Terms;

    /// <inheritdoc/>
    public override (string Key, string Message)? Mistake(int members, Fusion fusion) => NoSlices(fusion);

    /// <inheritdoc/>
    public override void Apply(BatchLogits batch, Span<double> terms)
    {
        terms = Begin(terms);
        if (batch.Rows == 0)
            return;
        terms[0] = BinaryCrossEntropy.Sum(batch.Labels(), batch.EnsembleLogits(), batch.EnsembleTails(), batch.Weights()) / batch.Rows;
        var ofEnsemble = 1.0; // ∂L/∂L_ens
        for (var m = 0; m < batch.Members; m++)
        {
            var loss = BinaryCrossEntropy.Sum(batch.Labels(), batch.Logits(m), batch.Tails(m), batch.Weights()) / batch.Rows;
            var weight = loss - terms[0];
            if (!(weight > 0))
                continue;
            terms[1] += weight * loss;
            AddMemberLabelLoss(batch, m, _options.DetachWeights ? weight : weight + loss);
            ofEnsemble -= _options.DetachWeights ? 0 : loss;
        }

        for (var m = 0; m < batch.Members; m++)
            BinaryCrossEntropy.AddGradient(ofEnsemble * batch.EnsembleShare / batch.Rows, batch.Labels(), batch.EnsembleProbabilities(),
                batch.Gradients(m));
    }
}
