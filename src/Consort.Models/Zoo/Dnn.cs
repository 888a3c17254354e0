using Consort.Compute.Graphs;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// A plain tower over the concatenated embeddings (DNN, MLP): z = w · MLP([e_1 … e_F]) + b, [B, 1]. Source: the deep part of Cheng et al.
/// 2016; FuxiCTR's DNN.
/// </summary>
public sealed record Dnn(MlpOptions Mlp) : TowerModel("DNN", Mlp)
{
    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs) =>
        inputs.Output(inputs.Mlp(inputs.TowerInputs(), Mlp, "mlp")); // [B, 1]
}
