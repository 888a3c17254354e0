using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Automatic feature interaction by self-attention (AutoInt): L layers of multi-head attention between fields,
/// z = w · Attention_L(… Attention_1(E)) + b, [B, 1]; with a tower beside it, + w' · MLP(E) + b' (AutoInt+), and with the wide
/// part + first order.
/// Source: Song et al. 2019, eq. 5–9 and section 4.6.
/// </summary>
public sealed record AutoInt(MlpOptions Mlp, int AttentionLayers, AttentionOptions Attention, bool IsWide = false) : CtrModel
{
    private static readonly MlpOptions NoTower = new() { HiddenUnits = [] };

    /// <inheritdoc/>
    public override string Name => "AutoInt";

    /// <summary>
    /// Reads the tower's options, none by default, <c>attention_layers</c>, 1 to 32, <c>attention_dim</c>, 1 to 4096,
    /// <c>num_heads</c>, which divides it, <c>use_residual</c>, <c>use_scale</c>, <c>layer_norm</c> and <c>use_wide</c>.
    /// </summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static AutoInt From(OptionMap options)
    {
        var attention = new AttentionOptions(
            options.Integer("attention_dim", 8, 1, 4096),
            options.Integer("num_heads", 1, 1, 1024),
            options.Flag("use_scale", false),
            options.Flag("use_residual", true),
            options.Flag("layer_norm", false));
        if (attention.Dimension % attention.Heads != 0)
            throw options.Error("attention_dim", $"found {attention.Dimension}, expected a number that num_heads {attention.Heads} divides");
        return new AutoInt(
            MlpOptions.From(options, fallback: NoTower, layerNorm: false), options.Integer("attention_layers", 2, 1, 32), attention, options.Flag("use_wide", false));
    }

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var x = inputs.Embeddings(); // [B, F, D]
        for (var layer = 0; layer < AttentionLayers; layer++)
            x = inputs.SelfAttention(x, Attention, Mlp.Dropout, string.Create(CultureInfo.InvariantCulture, $"attention/{layer}")); // [B, F, A]
        var logit = inputs.Output(x, "attention/output"); // [B, 1]
        if (Mlp.HiddenUnits.Count > 0)
            logit = inputs.Sum(logit, inputs.Output(inputs.Mlp(inputs.WithNumeric(inputs.Embeddings()), Mlp, "mlp")));
        return IsWide ? inputs.Sum(logit, inputs.FirstOrder()) : logit;
    }
}
