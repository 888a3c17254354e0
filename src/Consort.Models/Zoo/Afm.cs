using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Attentional factorization machine (AFM): pairwise products weighted by a small attention network, z = b + first order + pᵀ Σ_{i&lt;j}
/// a_ij e_i ⊙ e_j, a = softmax(hᵀ ReLU(W (e_i ⊙ e_j) + b')), [B, 1]. Source: Xiao et al. 2017, eq. 3–7.
/// </summary>
public sealed record Afm() : CtrModel("AFM")
{
    internal static readonly OptionSet<Afm> Options = new OptionSet<Afm>(() => new())
        .Add("attention_dropout", m => m.Dropouts, (m, v) => m with { Dropouts = v }, Domain.Numbers(0, 0.99),
            "of the attention and of the pooled products; one number for both")
        .Add("attention_dim", m => m.AttentionDimension, (m, v) => m with { AttentionDimension = v }, Domain.Integer(1, 4096),
            "A, the attention network's width")
        .Require("attention_dropout", m => m.Dropouts.Count is 1 or 2 ? null : $"found {m.Dropouts.Count} numbers, expected one or two");

    /// <summary>Width of the attention network.</summary>
    public int AttentionDimension { get; init => field = Options.Checked("attention_dim", value); } = 10;

    /// <summary>Shares of the attention and of the pooled products that drop while training; one for both.</summary>
    public IReadOnlyList<double> Dropouts { get; init => field = Options.Checked("attention_dropout", value); } = [0, 0];

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var (a, d) = (AttentionDimension, inputs.Dimension);
        var pooled = inputs.Graph.Apply(
            new AttentionalPooling(
                inputs.Weight("attention/weight", new Shape(a, d), Initializer.XavierNormal(d, a)),
                inputs.Weight("attention/bias", new Shape(a), Initializer.Zero),
                inputs.Weight("attention/projection", new Shape(a), Initializer.XavierNormal(a, 1)),
                Dropouts[0]),
            inputs.Paired(inputs.Embeddings())); // [B, D]
        var pairs = inputs.Output(inputs.Dropped(pooled, Dropouts[^1]), bias: false); // [B, 1]
        var bias = new AddBias(inputs.Weight("bias", new Shape(1), Initializer.Zero));
        return inputs.Graph.Apply(bias, inputs.Sum(inputs.FirstOrder(), pairs));
    }
}
