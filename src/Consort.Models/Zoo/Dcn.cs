using Consort.Compute.Graphs;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Deep and cross network (DCN): a cross network and a tower side by side over x₀ = [e_1 … e_F],
/// z = w · [Cross(x₀), MLP(x₀)] + b, [B, 1]. Without hidden units it is the cross network alone.
/// Source: Wang et al. 2017, eq. 3–6.
/// </summary>
public sealed record Dcn(MlpOptions Mlp, int CrossLayers = 3) : CtrModel
{
    /// <inheritdoc/>
    public override string Name => "DCN";

    /// <summary>Reads the tower's options and <c>cross_layers</c>, 1 to 32.</summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static Dcn From(OptionMap options) => new(MlpOptions.From(options), options.Integer("cross_layers", 3, 1, 32));

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var cross = inputs.CrossNetwork(inputs.Flat(), CrossLayers, "cross"); // [B, F·D]
        if (Mlp.HiddenUnits.Count == 0)
            return inputs.Linear(cross, 1, "output"); // [B, 1]
        var deep = inputs.Mlp(inputs.TowerInputs(), Mlp, "mlp"); // [B, last width]
        return inputs.Output([cross, deep]); // [B, 1]
    }
}
