using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// DeepFM: a factorization machine and a tower over the same embeddings, z = first order + Σ_{i&lt;j} ⟨e_i, e_j⟩ + w · MLP([e_1 … e_F]) +
/// b, [B, 1]. Source: Guo et al. 2017, eq. 1–4. The paper's two sub-networks each have a bias; one is enough for their sum.
/// </summary>
public sealed record DeepFm(MlpOptions Mlp) : TowerModel("DeepFM", Mlp)
{
    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var pairs = inputs.Graph.Apply(new FactorizationMachine(), inputs.Embeddings()); // [B, 1]
        var deep = inputs.Output(inputs.Mlp(inputs.WithNumeric(inputs.Embeddings()), Mlp, "mlp")); // [B, 1]
        return inputs.Sum(inputs.FirstOrder(), pairs, deep);
    }
}
