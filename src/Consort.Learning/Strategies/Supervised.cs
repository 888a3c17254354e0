using Consort.Learning.Losses;
using Consort.Models;

namespace Consort.Learning.Strategies;

/// <summary>
/// Learning from labels alone. With one member: the usual cross-entropy training of one model. With M members:
/// <see cref="LabelLoss.Members"/> trains them independently, side by side, L = Σ_m or mean_m of mean_b BCE(y, p_m);
/// <see cref="LabelLoss.Ensemble"/> is the plain ensemble (mean or sum of logits, or one output layer over all last hidden layers), L =
/// mean_b BCE(y, sigmoid(z_ens)). With <see cref="SupervisedOptions.SelfDistillation"/> λ, members also learn what their ensemble says: + λ
/// Σ_m mean_b BCE(stopgrad(p_ens), p_m).
/// </summary>
/// <remarks>
/// Loss terms "label" and, where λ is not 0, "self", whose gradient is λ (p_m − p_ens)/B; it is the loss of the blocks of FINAL (Zhu et al.
/// 2023). BCE is computed from logits: max(z, 0) − z·y + log(1 + exp(−|z|)). The gradient is (p − y)/B per member, or (p_ens − y)/B times
/// 1/M (mean) or 1 (sum) for the plain ensemble.
/// </remarks>
public sealed class Supervised : Strategy
{
    private static readonly string[] Label = ["label"];
    private static readonly string[] LabelAndSelf = ["label", "self"];
    private readonly SupervisedOptions _options;

    /// <summary>Creates the strategy.</summary>
    /// <param name="options">What is fitted to the label; defaults when null.</param>
    public Supervised(SupervisedOptions? options = null) => _options = options ?? new SupervisedOptions();

    /// <inheritdoc/>
    public override string Name => "supervised";

    /// <inheritdoc/>
    public override IReadOnlyList<string> TermNames => _options.SelfDistillation > 0 ? LabelAndSelf : Label;

    /// <inheritdoc/>
    public override (string Key, string Message)? Mistake(int members, Fusion fusion) =>
        // Slices of one layer are no models of their own that labels or an ensemble could teach.
        fusion == Fusion.Concat && _options is not { Loss: LabelLoss.Ensemble, SelfDistillation: 0 }
            ? ("fusion", "found concat, expected it with `loss: ensemble` and without self_distillation")
            : null;

    /// <inheritdoc/>
    public override void Apply(BatchLogits batch, Span<double> terms)
    {
        terms = Begin(terms);
        if (batch.Rows == 0)
            return;
        terms[0] = _options.Loss == LabelLoss.Ensemble ? AddEnsembleLoss(batch) : AddMemberLosses(batch);
        if (_options.SelfDistillation > 0)
            terms[1] = AddSelfDistillation(batch, _options.SelfDistillation);
    }

    private static double AddSelfDistillation(BatchLogits batch, double weight)
    {
        var loss = 0.0;
        for (var m = 0; m < batch.Members; m++)
            loss += BinaryCrossEntropy.Add(
                weight / batch.Rows, batch.EnsembleProbabilities(), batch.Logits(m), batch.Tails(m), batch.Probabilities(m),
                batch.Gradients(m), batch.Weights());
        return loss;
    }

    private double AddMemberLosses(BatchLogits batch)
    {
        var weight = _options.Reduction == MemberReduction.Mean ? 1.0 / batch.Members : 1.0;
        double loss = 0;
        for (var m = 0; m < batch.Members; m++)
            loss += AddMemberLabelLoss(batch, m, weight);
        return loss;
    }

    private static double AddEnsembleLoss(BatchLogits batch)
    {
        for (var m = 0; m < batch.Members; m++)
            BinaryCrossEntropy.AddGradient(batch.EnsembleShare / batch.Rows, batch.Labels(), batch.EnsembleProbabilities(),
                batch.Gradients(m));
        return BinaryCrossEntropy.Sum(batch.Labels(), batch.EnsembleLogits(), batch.EnsembleTails(), batch.Weights()) / batch.Rows;
    }
}
