using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Automatic feature interaction by self-attention (AutoInt): L layers of multi-head attention between fields, z = w · Attention_L(…
/// Attention_1(E)) + b, [B, 1]; with a tower beside it, + w' · MLP(E) + b' (AutoInt+), and with the wide part + first order. Source: Song
/// et al. 2019, eq. 5–9 and section 4.6.
/// </summary>
public sealed record AutoInt(MlpOptions Mlp) : TowerModel("AutoInt", Mlp)
{
    internal static readonly OptionSet<AutoInt> Options = new OptionSet<AutoInt>(() => new(new MlpOptions { HiddenUnits = [] }))
        .Include(AttentionOptions.Options, m => m.Attention, (m, v) => m with { Attention = v })
        .Tower("layer_norm")
        .Add("attention_layers", m => m.AttentionLayers, (m, v) => m with { AttentionLayers = v }, Domain.Integer(1, 32),
            "L, the layers of attention")
        .Add("use_wide", m => m.IsWide, (m, v) => m with { IsWide = v }, Domain.Flag, "whether the first-order term is added");

    /// <summary>Layers of attention, L.</summary>
    public int AttentionLayers { get; init => field = Options.Checked("attention_layers", value); } = 2;

    /// <summary>Each of them.</summary>
    public AttentionOptions Attention { get; init; } = new();

    /// <summary>Whether the first-order term is added.</summary>
    public bool IsWide { get; init; }

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var x = inputs.Embeddings(); // [B, F, D]
        for (var layer = 0; layer < AttentionLayers; layer++)
            x = inputs.SelfAttention(x, Attention, Mlp.Dropout,
                string.Create(CultureInfo.InvariantCulture, $"attention/{layer}")); // [B, F, A]
        var logit = inputs.Output(x, "attention/output"); // [B, 1]
        if (Mlp.HiddenUnits.Count > 0)
            logit = inputs.Sum(logit, inputs.Output(inputs.Mlp(inputs.WithNumeric(inputs.Embeddings()), Mlp, "mlp")));
        return IsWide ? inputs.Sum(logit, inputs.FirstOrder()) : logit;
    }
}
