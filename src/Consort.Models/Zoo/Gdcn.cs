using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Gated deep and cross network (GDCN): cross layers over x₀ = [e_1 … e_F] with a gate on what they add, x_{l+1} = x₀ ⊙ (W_l x_l + b_l) ⊙
/// σ(G_l x_l) + x_l, beside a tower (GDCN-P) or below it (GDCN-S), [B, 1]. Source: Wang et al. 2023, "Towards Deeper, Lighter and
/// Interpretable Cross Network for CTR Prediction"; b starts uniform in [0, 1) as in FuxiCTR.
/// </summary>
public sealed record Gdcn(MlpOptions Mlp) : TowerModel("GDCN", Mlp)
{
    internal static readonly OptionSet<Gdcn> Options = new OptionSet<Gdcn>(() => new(new MlpOptions())).Tower()
        .Add("cross_layers", m => m.CrossLayers, (m, v) => m with { CrossLayers = v }, Domain.Integer(1, 32),
            "L, the layers of the cross network")
        .Add("structure", m => m.IsStacked, (m, v) => m with { IsStacked = v }, Domain.Words(("parallel", false), ("stacked", true)),
            "where the tower stands");

    /// <summary>L.</summary>
    public int CrossLayers { get; init => field = Options.Checked("cross_layers", value); } = 3;

    /// <summary>Whether the tower reads what the cross network gives, rather than x₀ beside it.</summary>
    public bool IsStacked { get; init; }

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var first = inputs.Flat(); // x₀ [B, n], n = F·D
        var width = first.Shape.Size;
        var x = first;
        for (var layer = 0; layer < CrossLayers; layer++)
        {
            var scope = string.Create(CultureInfo.InvariantCulture, $"cross/{layer}");
            var weight = inputs.Weight($"{scope}/weight", new Shape(width, width), Initializer.XavierNormal(width, width));
            var bias = inputs.Weight($"{scope}/bias", new Shape(width), Initializer.Uniform(0, 1));
            var crossed = inputs.Graph.Apply(new Linear(weight, bias), x); // [B, n]
            var gate = inputs.Graph.Apply(new Activate(Activation.Sigmoid),
                inputs.Linear(x, width, $"{scope}/gate", bias: false)); // [B, n]
            x = inputs.Graph.Apply(new HadamardCross(), first, x, inputs.Graph.Apply(new Multiply(), crossed, gate));
            inputs.Observed(x, scope);
        }

        Value[] last = IsStacked ? [inputs.Mlp(x, Mlp, "mlp")] : [x, inputs.Mlp(first, Mlp, "mlp")]; // [B, n], [B, last width]
        return inputs.Output(last); // [B, 1]
    }
}
