using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Adaptive factorization network (AFN): K logarithmic neurons, each a product of fields to learned powers,
/// y_k = exp(Σ_f w_kf ln |e_f|), dimension by dimension, and a tower over them, z = MLP([y_1 … y_K]); with a second tower on
/// embeddings of its own, z = w₁ z_AFN + w₂ z_DNN + b (AFN+). [B, 1].
/// Source: Cheng, Shen and Huang 2020, eq. 5–9; magnitudes are at least 1e-5, and logarithms and powers are batch-normalised
/// by field and by neuron, as in FuxiCTR.
/// </summary>
/// <param name="Afn">The tower over logarithmic neurons.</param>
/// <param name="Mlp">The second tower; without hidden units there is none.</param>
/// <param name="Neurons">K.</param>
public sealed record AdaptiveFactorizationNetwork(MlpOptions Afn, MlpOptions Mlp, int Neurons = 5) : CtrModel
{
    private static readonly MlpOptions Tower = new() { HiddenUnits = [64, 64, 64] };
    private static readonly MlpOptions NoTower = new() { HiddenUnits = [] };

    /// <inheritdoc/>
    public override string Name => "AFN";

    /// <summary>
    /// Reads <c>logarithmic_neurons</c>, 1 to 65536, <c>batch_norm</c> of both towers, <c>afn_hidden_units</c>,
    /// <c>afn_activation</c> and <c>afn_dropout</c>, and <c>hidden_units</c>, <c>activation</c> and <c>dropout</c> of the second tower.
    /// </summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static AdaptiveFactorizationNetwork From(OptionMap options)
    {
        var batchNorm = options.Flag("batch_norm", true);
        return new AdaptiveFactorizationNetwork(
            MlpOptions.From(options, "afn_", Tower, batchNorm),
            MlpOptions.From(options, fallback: NoTower, batchNorm: batchNorm),
            options.Integer("logarithmic_neurons", 5, 1, 65536));
    }

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
