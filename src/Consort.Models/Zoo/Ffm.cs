using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Field-aware factorization machine (FFM): each feature has a vector for every other field, z = b + first order + Σ_{i&lt;j} ⟨v_ij, v_ji⟩,
/// [B, 1]. Its table has (F − 1) · D numbers a feature and is the member's own. Source: Juan et al. 2016, eq. 4.
/// </summary>
public sealed record Ffm() : CtrModel("FFM")
{
    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        inputs.RequirePairs();
        var vectors = inputs.OwnEmbeddings("field_aware", (inputs.Fields - 1) * inputs.Dimension); // [B, F, (F − 1) · D]
        var pairs = inputs.Graph.Apply(new FieldAwareProduct(), vectors); // [B, 1]
        var bias = new AddBias(inputs.Weight("bias", new Shape(1), Initializer.Zero));
        return inputs.Graph.Apply(bias, inputs.Sum(inputs.FirstOrder(), pairs));
    }
}
