using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Data;
using Consort.Data.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>Where the tower of a DCNv2 stands.</summary>
public enum CrossStructure
{
    /// <summary>Beside the cross network: z = w · [Cross(x₀), MLP(x₀)] + b.</summary>
    Parallel,

    /// <summary>On top of it: z = w · MLP(Cross(x₀)) + b.</summary>
    Stacked,

    /// <summary>Nowhere: z = w · Cross(x₀) + b.</summary>
    CrossOnly,
}

/// <summary>
/// Deep and cross network, version 2 (DCNv2, DCN-M): cross layers with a full matrix over x₀ = [e_1 … e_F],
/// x_{l+1} = x₀ ⊙ (W_l x_l + b_l) + x_l, beside or below a tower.
/// Source: Wang et al. 2021, eq. 1 and figure 1.
/// </summary>
public sealed record DcnV2(MlpOptions Mlp, int CrossLayers = 3, CrossStructure Structure = CrossStructure.Parallel) : CtrModel
{
    private static readonly Dictionary<string, CrossStructure> Structures = new(StringComparer.OrdinalIgnoreCase)
    {
        ["parallel"] = CrossStructure.Parallel,
        ["stacked"] = CrossStructure.Stacked,
        ["crossnet_only"] = CrossStructure.CrossOnly,
    };

    /// <inheritdoc/>
    public override string Name => "DCNv2";

    /// <summary>Reads the tower's options, <c>cross_layers</c>, 1 to 32, and <c>structure</c>.</summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static DcnV2 From(OptionMap options) => new(
        MlpOptions.From(options),
        options.Integer("cross_layers", 3, 1, 32),
        options.Choice("structure", CrossStructure.Parallel, Structures));

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var first = inputs.Flatten(inputs.Embeddings()); // x₀ [B, n], n = F·D
        var width = first.Shape.Size;
        var cross = first;
        for (var layer = 0; layer < CrossLayers; layer++)
        {
            var scope = string.Create(CultureInfo.InvariantCulture, $"cross/{layer}");
            var weight = inputs.Weight($"{scope}/weight", new Shape(width, width), Initializer.XavierNormal(width, width));
            var bias = inputs.Weight($"{scope}/bias", new Shape(width), Initializer.Zero);
            cross = inputs.Graph.Apply(new MatrixCross(weight, bias), first, cross); // [B, n]
        }

        Value[] last = Structure switch
        {
            CrossStructure.Parallel => [cross, inputs.Mlp(first, Mlp, "mlp")], // [B, n], [B, last width]
            CrossStructure.Stacked => [inputs.Mlp(cross, Mlp, "mlp")], // [B, last width]
            _ => [cross],
        };
        return inputs.Linear(last, 1, "output"); // [B, 1]
    }
}
