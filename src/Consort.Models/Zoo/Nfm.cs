using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Neural factorization machine (NFM): a tower over the pooled pairwise products, z = first order + w · MLP(Σ_{i&lt;j} e_i ⊙ e_j) + b, [B,
/// 1]. Source: He and Chua 2017, eq. 2–6. The paper's batch norm and dropout right behind the pooling are left out, as in FuxiCTR.
/// </summary>
public sealed record Nfm(MlpOptions Mlp) : TowerModel("NFM", Mlp)
{
    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var pooled = inputs.Graph.Apply(new BiInteraction(), inputs.Embeddings()); // [B, D]
        var deep = inputs.Output(inputs.Mlp(inputs.WithNumeric(pooled), Mlp, "mlp")); // [B, 1]
        return inputs.Sum(inputs.FirstOrder(), deep);
    }
}
