using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>Logistic regression (LR): z = b + Σ_f w[id_f] + Σ_n w_n x_n, [B, 1]. Source: Richardson, Dominowska and Ragno 2007.</summary>
public sealed record LogisticRegression() : CtrModel("LR")
{
    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs) =>
        inputs.Graph.Apply(new AddBias(inputs.Weight("bias", new Shape(1), Initializer.Zero)), inputs.FirstOrder());
}
