using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace OwnModel;

/// <summary>
/// A model of one's own: a tower over one number a field, the mean of its embedding, z = first order + w · MLP(s) + b, s_f = 1/D Σ_d e_fd.
/// It composes operations that are there and declares its options once.
/// </summary>
public sealed record PooledTower(MlpOptions Mlp) : TowerModel("PooledTower", Mlp)
{
    /// <summary>Its options: those of the tower.</summary>
    public static OptionSet<PooledTower> Options { get; } = new OptionSet<PooledTower>(() => new PooledTower(new MlpOptions())).Tower();

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var pooled = inputs.Graph.Apply(new FieldPool(), inputs.Embeddings()); // [B, F]
        return inputs.Sum(inputs.FirstOrder(), inputs.Output(inputs.Mlp(pooled, Mlp, "mlp")));
    }
}
