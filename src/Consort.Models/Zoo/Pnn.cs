using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>Which products a product-based neural network makes.</summary>
public enum ProductKind
{
    /// <summary>⟨e_i, e_j⟩ for all pairs i &lt; j (IPNN).</summary>
    Inner,

    /// <summary>Σ_i Σ_j e_i e_jᵀ, all pairs superposed (OPNN).</summary>
    Outer,

    /// <summary>Both side by side.</summary>
    Both,
}

/// <summary>
/// Product-based neural network (PNN): a tower over the embeddings and products of all their pairs, z = w · MLP([e_1 … e_F, ⟨e_i, e_j⟩
/// i&lt;j]) + b (inner), with s sᵀ, s = Σ_f e_f, in the place of inner products (outer), or with both, [B, 1]. Source: Qu et al. 2016,
/// sections III-B and III-C. As in FuxiCTR the tower reads the products themselves; the paper first multiplies embeddings and products by
/// weights of the first layer, which is the same sum.
/// </summary>
public sealed record Pnn(MlpOptions Mlp) : TowerModel("PNN", Mlp)
{
    internal static readonly OptionSet<Pnn> Options = new OptionSet<Pnn>(() => new(new MlpOptions())).Tower()
        .Add("product_type", m => m.Products, (m, v) => m with { Products = v },
            Domain.Words(("inner", ProductKind.Inner), ("outer", ProductKind.Outer), ("both", ProductKind.Both)), "which products");

    /// <summary>Which products are made.</summary>
    public ProductKind Products { get; init => field = Options.Checked("product_type", value); }

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var embeddings = inputs.Embeddings(); // [B, F, D]
        var parts = new List<Value> { embeddings };
        if (Products != ProductKind.Outer)
            parts.Add(inputs.InnerProducts(embeddings)); // [B, F(F − 1)/2]
        if (Products != ProductKind.Inner)
            parts.Add(inputs.Graph.Apply(new OuterProduct(), embeddings)); // [B, D·D]
        return inputs.Output(inputs.Mlp(inputs.WithNumeric([.. parts]), Mlp, "mlp")); // [B, 1]
    }
}
