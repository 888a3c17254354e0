using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Models.Layers;

/// <summary>Layers over fields as a set: attention between them, compressed interactions, and layers that mix them.</summary>
public static class FieldExtensions
{
    /// <summary>[B, n, m] → [B, m, n].</summary>
    public static Value Transpose(this MemberInputs inputs, Value value) => inputs.Graph.Apply(new Transpose(), value);

    /// <summary>
    /// A layer of multi-head self-attention between fields, [B, F, D] → [B, F, A]: ReLU(LN(attention + residual)). Queries, keys and values
    /// are linear in the embeddings, without bias; so is the residual where D is not A. Source: Song et al. 2019 (AutoInt), eq. 5–8; layer
    /// norm as in FuxiCTR.
    /// </summary>
    /// <param name="inputs">The member's inputs.</param>
    /// <param name="fields">[B, F, D].</param>
    /// <param name="options">A, the heads, and what follows them.</param>
    /// <param name="dropout">Share of the attention that drops while training.</param>
    /// <param name="name">Of the layer.</param>
    public static Value SelfAttention(this MemberInputs inputs, Value fields, AttentionOptions options, double dropout, string name)
    {
        var (width, dimension) = (options.Dimension, fields.Shape[1]);
        var projection = inputs.Weight($"{name}/qkv", new Shape(3 * width, dimension), Initializer.XavierNormal(dimension, width));
        var projected = inputs.Graph.Apply(new Linear(projection, null), fields); // [B, F, 3 A]
        var x = inputs.Graph.Apply(new SelfAttention(options.Heads, options.IsScaled, dropout), projected); // [B, F, A]
        if (options.IsResidual)
            x = inputs.Sum(x, dimension == width ? fields : inputs.LinearOfEach(fields, width, $"{name}/residual", bias: false));
        if (options.LayerNorm)
            x = inputs.LayerNorm(x, $"{name}/norm");
        return inputs.Observed(inputs.Graph.Apply(new Activate(Activation.Relu), x), name);
    }

    /// <summary>
    /// A compressed interaction network (CIN), [B, F, D] → [B, Σ H_k]: layers x^{k+1} = W_k (x⁰ ⊗ xᵏ) + b_k for every dimension, H_k maps
    /// each, all of them summed over dimensions and put side by side. Source: Lian et al. 2018 (xDeepFM), eq. 6–8.
    /// </summary>
    public static Value CompressedInteractions(this MemberInputs inputs, Value fields, IReadOnlyList<int> maps, string name)
    {
        var first = inputs.Transpose(fields); // x⁰ [B, D, F]
        var x = first;
        var pooled = new Value[maps.Count];
        for (var layer = 0; layer < maps.Count; layer++)
        {
            var scope = string.Create(CultureInfo.InvariantCulture, $"{name}/{layer}");
            var products = first.Shape[1] * x.Shape[1];
            x = inputs.Graph.Apply(
                new CompressedInteraction(
                    inputs.Weight($"{scope}/weight", new Shape(maps[layer], products), Initializer.XavierNormal(products, maps[layer])),
                    inputs.Weight($"{scope}/bias", new Shape(maps[layer]), Initializer.Zero)),
                first, x); // [B, D, H]
            pooled[layer] = inputs.Graph.Apply(new FieldPool(IsSum: true), inputs.Transpose(x)); // [B, H]
        }

        return inputs.Observed(inputs.Concat(pooled), name);
    }
}
