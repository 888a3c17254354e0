using Consort.Compute.Graphs;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Wide and deep (Wide&amp;Deep): a linear model beside a tower, z = first order + w · MLP([e_1 … e_F]) + b, [B, 1]. Source: Cheng et al.
/// 2016, eq. 3. As in FuxiCTR the wide part has the features themselves and no hand-made crosses, and one optimizer trains both parts.
/// </summary>
public sealed record WideDeep(MlpOptions Mlp) : TowerModel("WideDeep", Mlp)
{
    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var deep = inputs.Output(inputs.Mlp(inputs.TowerInputs(), Mlp, "mlp")); // [B, 1]
        return inputs.Sum(inputs.FirstOrder(), deep);
    }
}
