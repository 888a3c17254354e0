using Consort.Compute.Graphs;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Deep and cross network (DCN): a cross network and a tower side by side over x₀ = [e_1 … e_F], z = w · [Cross(x₀), MLP(x₀)] + b, [B, 1].
/// Without hidden units it is the cross network alone. Source: Wang et al. 2017, eq. 3–6.
/// </summary>
public sealed record Dcn(MlpOptions Mlp) : TowerModel("DCN", Mlp)
{
    internal static readonly OptionSet<Dcn> Options = new OptionSet<Dcn>(() => new(new MlpOptions())).Tower()
        .Add("cross_layers", m => m.CrossLayers, (m, v) => m with { CrossLayers = v }, Domain.Integer(1, 32),
            "L, the layers of the cross network");

    /// <summary>Layers of the cross network.</summary>
    public int CrossLayers { get; init => field = Options.Checked("cross_layers", value); } = 3;

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
