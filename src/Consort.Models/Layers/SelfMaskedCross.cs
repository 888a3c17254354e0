using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;

namespace Consort.Models.Layers;

/// <summary>
/// A cross network with self-mask, [B, F, D] → [B, n], n = F·D: x_{l+1} = x̄ ⊙ ([h, h ⊙ max(0, LN(h))] + b_l) + x_l, h = W_l x_l,
/// dropout behind. x̄ is x₀ in the linear cross network, whose order grows by one a layer, and x_l in the exponential one, where it
/// doubles. x₀ holds the first half of every embedding before the second halves, so that half of each is masked.
/// Source: Li et al. 2024 (FCN, "DCNv3"); b starts uniform in [0, 1) and one pair of γ, β, μ, σ² normalises all of h over the
/// batch, as in the authors' code.
/// </summary>
/// <param name="Layers">Cross layers.</param>
/// <param name="LayerNorm">Whether h is layer-normalised before it masks.</param>
/// <param name="BatchNorm">Whether h is batch-normalised first.</param>
/// <param name="Dropout">Share of x that drops behind each layer while training.</param>
public sealed record SelfMaskedCross(int Layers = 3, bool LayerNorm = true, bool BatchNorm = false, double Dropout = 0)
{
    /// <summary>Reads <c>cross_layers</c>, 1 to 32, <c>layer_norm</c>, <c>batch_norm</c> and <c>dropout</c>.</summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static SelfMaskedCross From(OptionMap options) => new(
        options.Integer("cross_layers", 3, 1, 32),
        options.Flag("layer_norm", true),
        options.Flag("batch_norm", false),
        options.Number("dropout", 0, 0, 0.99));

    /// <summary>Adds the network.</summary>
    /// <param name="inputs">The member's inputs.</param>
    /// <param name="isExponential">Whether each layer multiplies by itself rather than by the first.</param>
    public Value Build(MemberInputs inputs, bool isExponential)
    {
        var first = inputs.FlatOf(inputs.WithNumeric(inputs.Transpose(inputs.Embeddings()))); // x₀ [B, n]
        var width = first.Shape.Size;
        var x = first;
        for (var layer = 0; layer < Layers; layer++)
        {
            var scope = string.Create(CultureInfo.InvariantCulture, $"cross/{layer}");
            var hidden = inputs.Linear(x, (width + 1) / 2, scope, bias: false); // h [B, n/2]
            if (BatchNorm)
            {
                var column = inputs.Graph.Apply(new Reshape(new Shape(hidden.Shape.Size, 1)), hidden); // [B, n/2, 1]
                hidden = inputs.Flatten(inputs.BatchNorm(column, $"{scope}/batch_norm"));
            }

            var mask = LayerNorm ? inputs.LayerNorm(hidden, $"{scope}/layer_norm") : hidden; // [B, n/2]
            var bias = inputs.Weight($"{scope}/bias", new Shape(width), Initializer.Uniform(0, 1));
            var crossed = inputs.Graph.Apply(new SelfMask(bias), hidden, mask); // [B, n]
            x = inputs.Observed(inputs.Graph.Apply(new HadamardCross(), isExponential ? x : first, x, crossed), scope);
            x = inputs.Dropped(x, Dropout);
        }

        return x;
    }
}
