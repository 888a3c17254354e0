using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;

namespace Consort.Models.Layers;

/// <summary>
/// A cross network with self-mask, [B, F, D] → [B, n], n = F·D: x_{l+1} = x̄ ⊙ ([h, h ⊙ max(0, LN(h))] + b_l) + x_l, h = W_l x_l, dropout
/// behind. x̄ is x₀ in the linear cross network, whose order grows by one a layer, and x_l in the exponential one, where it doubles. x₀
/// holds the first half of every embedding before the second halves, so that half of each is masked. Source: Li et al. 2024 (FCN, "DCNv3");
/// b starts uniform in [0, 1) and one pair of γ, β, μ, σ² normalises all of h over the batch, as in the authors' code.
/// </summary>
public sealed record SelfMaskedCross
{
    /// <summary>The options.</summary>
    public static OptionSet<SelfMaskedCross> Options { get; } = new OptionSet<SelfMaskedCross>(() => new())
        .Add("cross_layers", o => o.Layers, (o, v) => o with { Layers = v }, Domain.Integer(1, 32), "L, the cross layers")
        .Add("layer_norm", o => o.LayerNorm, (o, v) => o with { LayerNorm = v }, Domain.Flag, "layer norm before the mask")
        .Add("batch_norm", o => o.BatchNorm, (o, v) => o with { BatchNorm = v }, Domain.Flag, "batch norm of h")
        .Add("dropout", o => o.Dropout, (o, v) => o with { Dropout = v }, Domain.Number(0, 0.99),
            "share of x that drops behind each layer while training");

    /// <summary>Cross layers.</summary>
    public int Layers { get; init => field = Options.Checked("cross_layers", value); } = 3;

    /// <summary>Whether h is layer-normalised before it masks.</summary>
    public bool LayerNorm { get; init; } = true;

    /// <summary>Whether h is batch-normalised first.</summary>
    public bool BatchNorm { get; init; }

    /// <summary>Share of x that drops behind each layer while training.</summary>
    public double Dropout { get; init => field = Options.Checked("dropout", value); }

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
