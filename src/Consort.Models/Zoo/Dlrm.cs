using Consort.Compute.Graphs;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Deep learning recommendation model (DLRM): numeric columns go through a bottom tower to one embedding x of size D, and a top tower reads
/// what the categorical embeddings and x give: z = MLP([⟨e_i, e_j⟩ i&lt;j, x]) (dot), or z = MLP([e_1 … e_F, x]) (cat), [B, 1]. Without
/// numeric columns there is no x. Source: Naumov et al. 2019, section 2; order and initialisation as in FuxiCTR.
/// </summary>
public sealed record Dlrm() : CtrModel("DLRM")
{
    internal static readonly OptionSet<Dlrm> Options = new OptionSet<Dlrm>(() => new())
        .Add("batch_norm", m => m.Top.BatchNorm, (m, v) => m
            with
        { Top = m.Top with { BatchNorm = v }, Bottom = m.Bottom with { BatchNorm = v } }, Domain.Flag, "in both towers")
        .Include(MlpOptions.Bare, m => m.Top, (m, v) => m with { Top = v }, "top_", "the top tower")
        .Include(MlpOptions.Bare, m => m.Bottom, (m, v) => m with { Bottom = v }, "bottom_", "the bottom tower")
        .Add("interaction_op", m => m.IsConcat, (m, v) => m with { IsConcat = v }, Domain.Words(("dot", false), ("cat", true)),
            "what goes up: inner products, or embeddings");

    /// <summary>The top tower.</summary>
    public MlpOptions Top { get; init; } = new() { HiddenUnits = [64, 64, 64] };

    /// <summary>The bottom tower, whose last layer has D outputs and its activation.</summary>
    public MlpOptions Bottom { get; init; } = new() { HiddenUnits = [64, 64, 64] };

    /// <summary>Whether embeddings themselves go up rather than their inner products.</summary>
    public bool IsConcat { get; init; }

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
