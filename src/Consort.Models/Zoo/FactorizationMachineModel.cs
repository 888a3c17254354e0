using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>Factorization machine (FM): z = b + first order + Σ_{i&lt;j} ⟨e_i, e_j⟩, [B, 1]. Source: Rendle 2010, eq. 1.</summary>
public sealed record FactorizationMachineModel() : CtrModel("FM")
{
    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var pairs = inputs.Graph.Apply(new FactorizationMachine(), inputs.Embeddings()); // [B, 1]
        var sum = inputs.Sum(inputs.FirstOrder(), pairs);
        return inputs.Graph.Apply(new AddBias(inputs.Weight("bias", new Shape(1), Initializer.Zero)), sum);
    }
}
