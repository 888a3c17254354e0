using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Adaptive factorization network (AFN): K logarithmic neurons, each a product of fields to learned powers, y_k = exp(Σ_f w_kf ln |e_f|),
/// dimension by dimension, and a tower over them, z = MLP([y_1 … y_K]); with a second tower on embeddings of its own, z = w₁ z_AFN + w₂
/// z_DNN + b (AFN+). [B, 1]. Source: Cheng, Shen and Huang 2020, eq. 5–9; magnitudes are at least 1e-5, and logarithms and powers are
/// batch-normalised by field and by neuron, as in FuxiCTR.
/// </summary>
public sealed record AdaptiveFactorizationNetwork() : CtrModel("AFN")
{
    internal static readonly OptionSet<AdaptiveFactorizationNetwork> Options = new OptionSet<AdaptiveFactorizationNetwork>(() => new())
        .Add("batch_norm", m => m.Mlp.BatchNorm, (m, v) => m
            with
        { Afn = m.Afn with { BatchNorm = v }, Mlp = m.Mlp with { BatchNorm = v } }, Domain.Flag, "in both towers")
        .Include(MlpOptions.Bare, m => m.Afn, (m, v) => m with { Afn = v }, "afn_", "the tower over neurons")
        .Include(MlpOptions.Bare, m => m.Mlp, (m, v) => m with { Mlp = v }, "", "the second tower, none for AFN")
        .Add("logarithmic_neurons", m => m.Neurons, (m, v) => m with { Neurons = v }, Domain.Integer(1, 65536),
            "K, the logarithmic neurons");

    /// <summary>The tower over logarithmic neurons.</summary>
    public MlpOptions Afn { get; init; } = new() { HiddenUnits = [64, 64, 64], BatchNorm = true };

    /// <summary>The second tower; without hidden units there is none.</summary>
    public MlpOptions Mlp { get; init; } = new() { HiddenUnits = [], BatchNorm = true };

    /// <summary>K, the logarithmic neurons.</summary>
    public int Neurons { get; init => field = Options.Checked("logarithmic_neurons", value); } = 5;

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var logarithms = inputs.Graph.Apply(new Activate(Activation.LogMagnitude), inputs.Transpose(inputs.Embeddings())); // [B, D, F]
        var exponents = inputs.LinearOfEach(inputs.BatchNorm(logarithms, "log_norm"), Neurons, "powers", bias: false); // [B, D, K]
        var powers = inputs.BatchNorm(inputs.Graph.Apply(new Activate(Activation.Exponential), exponents), "exp_norm"); // [B, D, K]
        var hidden = inputs.Mlp(inputs.WithNumeric(powers), Afn, "afn"); // [B, last width]
        if (Mlp.HiddenUnits.Count == 0)
            return inputs.Output(hidden, "afn/output"); // [B, 1]
        var logit = inputs.Linear(hidden, 1, "afn/output"); // [B, 1]
        var deep = inputs.Linear(inputs.Mlp(inputs.WithNumeric(inputs.OwnEmbeddings("deep")), Mlp, "mlp"), 1, "output"); // [B, 1]
        return inputs.Output([logit, deep], "fusion");
    }
}
