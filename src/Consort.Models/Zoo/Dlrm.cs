using Consort.Compute.Graphs;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Deep learning recommendation model (DLRM): numeric columns go through a bottom tower to one embedding x of size D, and a top
/// tower reads what the categorical embeddings and x give: z = MLP([⟨e_i, e_j⟩ i&lt;j, x]) (dot), or z = MLP([e_1 … e_F, x]) (cat),
/// [B, 1]. Without numeric columns there is no x.
/// Source: Naumov et al. 2019, section 2; order and initialisation as in FuxiCTR.
/// </summary>
/// <param name="Top">The top tower.</param>
/// <param name="Bottom">The bottom tower, whose last layer has D outputs and its activation.</param>
/// <param name="IsConcat">Whether embeddings themselves go up rather than their inner products.</param>
public sealed record Dlrm(MlpOptions Top, MlpOptions Bottom, bool IsConcat = false) : CtrModel
{
    private static readonly MlpOptions Tower = new() { HiddenUnits = [64, 64, 64] };
    private static readonly Dictionary<string, bool> Interactions = new(StringComparer.OrdinalIgnoreCase) { ["dot"] = false, ["cat"] = true };

    /// <inheritdoc/>
    public override string Name => "DLRM";

    /// <summary>
    /// Reads <c>interaction_op</c>, <c>batch_norm</c> of both towers, and <c>hidden_units</c>, <c>activation</c> and <c>dropout</c> of
    /// <c>top_…</c> and <c>bottom_…</c>.
    /// </summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static Dlrm From(OptionMap options)
    {
        var batchNorm = options.Flag("batch_norm", false);
        return new Dlrm(
            MlpOptions.From(options, "top_", Tower, batchNorm), MlpOptions.From(options, "bottom_", Tower, batchNorm),
            options.Choice("interaction_op", false, Interactions));
    }

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var parts = new List<Value>();
        if (IsConcat)
            parts.AddRange(inputs.OwnSizes()); // [B, F₁, d₁], [B, F₂, d₂], …
        else if (inputs.CategoricalEmbeddings() is { } embeddings)
            parts.Add(embeddings); // [B, F, D]
        Value? dense = null;
        if (inputs.Graph.Numeric is { } numeric)
        {
            var last = inputs.Linear(inputs.Mlp(numeric, Bottom, "bottom"), inputs.Dimension, "bottom/output");
            dense = inputs.Activated(last, Bottom.Activation, "bottom/output"); // x [B, D]
            parts.Add(inputs.Row(dense)); // [B, 1, D]
        }

        if (IsConcat || parts.Sum(p => p.Shape[0]) == 1)
            return inputs.Output(inputs.Mlp([.. parts], Top, "top")); // [B, 1]
        var products = inputs.InnerProducts(inputs.Concat([.. parts])); // [B, F (F + 1)/2]
        return inputs.Output(inputs.Mlp(dense is null ? [products] : [products, dense], Top, "top")); // [B, 1]
    }
}
