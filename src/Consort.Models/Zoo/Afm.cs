using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Attentional factorization machine (AFM): pairwise products weighted by a small attention network,
/// z = b + first order + pᵀ Σ_{i&lt;j} a_ij e_i ⊙ e_j, a = softmax(hᵀ ReLU(W (e_i ⊙ e_j) + b')), [B, 1].
/// Source: Xiao et al. 2017, eq. 3–7.
/// </summary>
/// <param name="AttentionDimension">Width of the attention network.</param>
/// <param name="AttentionDropout">Share of the attention that drops while training.</param>
/// <param name="PoolingDropout">Share of the pooled products that drops while training.</param>
public sealed record Afm(int AttentionDimension = 10, double AttentionDropout = 0, double PoolingDropout = 0) : CtrModel
{
    /// <inheritdoc/>
    public override string Name => "AFM";

    /// <summary>
    /// Reads <c>attention_dim</c>, 1 to 4096, and <c>attention_dropout</c>, one or two shares of 0 to 0.99: of the attention and
    /// of the pooled products.
    /// </summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static Afm From(OptionMap options)
    {
        var dropout = options.Numbers("attention_dropout", [0, 0], 0, 0.99);
        if (dropout.Count is 0 or > 2)
            throw options.Error("attention_dropout", $"found {dropout.Count} numbers, expected one or two");
        return new Afm(options.Integer("attention_dim", 10, 1, 4096), dropout[0], dropout[^1]);
    }

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var (a, d) = (AttentionDimension, inputs.Dimension);
        var pooled = inputs.Graph.Apply(
            new AttentionalPooling(
                inputs.Weight("attention/weight", new Shape(a, d), Initializer.XavierNormal(d, a)),
                inputs.Weight("attention/bias", new Shape(a), Initializer.Zero),
                inputs.Weight("attention/projection", new Shape(a), Initializer.XavierNormal(a, 1)),
                AttentionDropout),
            inputs.Paired(inputs.Embeddings())); // [B, D]
        var pairs = inputs.Output(inputs.Dropped(pooled, PoolingDropout), bias: false); // [B, 1]
        var bias = new AddBias(inputs.Weight("bias", new Shape(1), Initializer.Zero));
        return inputs.Graph.Apply(bias, inputs.Sum(inputs.FirstOrder(), pairs));
    }
}
