using Consort.Foundation.Options;

namespace Consort.Models.Layers;

/// <summary>A layer of multi-head self-attention between fields.</summary>
public sealed record AttentionOptions
{
    /// <summary>The options.</summary>
    public static OptionSet<AttentionOptions> Options { get; } = new OptionSet<AttentionOptions>(() => new())
        .Add("attention_dim", o => o.Dimension, (o, v) => o with { Dimension = v }, Domain.Integer(1, 4096), "A, over all heads")
        .Add("num_heads", o => o.Heads, (o, v) => o with { Heads = v }, Domain.Integer(1, 1024), "H, divides A")
        .Add("use_scale", o => o.IsScaled, (o, v) => o with { IsScaled = v }, Domain.Flag, "whether s is √(A/H)")
        .Add("use_residual", o => o.IsResidual, (o, v) => o with { IsResidual = v }, Domain.Flag, "whether R is added")
        .Add("layer_norm", o => o.LayerNorm, (o, v) => o with { LayerNorm = v }, Domain.Flag,
            "layer normalisation before the ReLU of each attention layer")
        .Require("attention_dim", o => o.Dimension % o.Heads == 0
            ? null : $"found {o.Dimension}, expected a number that num_heads {o.Heads} divides");

    /// <summary>A, over all heads.</summary>
    public int Dimension { get; init => field = Options.Checked("attention_dim", value); } = 8;

    /// <summary>H, divides A.</summary>
    public int Heads { get; init => field = Options.Checked("num_heads", value); } = 1;

    /// <summary>Whether inner products are divided by √(A/H).</summary>
    public bool IsScaled { get; init; }

    /// <summary>Whether the layer's input is added.</summary>
    public bool IsResidual { get; init; } = true;

    /// <summary>Whether the sum is layer-normalised.</summary>
    public bool LayerNorm { get; init; }
}
