using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>How a field-weighted factorization machine makes its linear term.</summary>
public enum FwFmLinear
{
    /// <summary>One weight a feature, as in LR.</summary>
    FeatureWeight,

    /// <summary>One vector a feature: Σ_f ⟨e_f, w[id_f]⟩ (FeLV).</summary>
    FeatureVector,

    /// <summary>One vector a field: Σ_f ⟨e_f, w_f⟩ (FiLV).</summary>
    FieldVector,
}

/// <summary>
/// Field-weighted factorization machine (FwFM): one weight a pair of fields, z = b + linear + Σ_{i&lt;j} r_ij ⟨e_i, e_j⟩, [B, 1]. Source:
/// Pan et al. 2018, eq. 4; its three linear terms are those of section 3.3.
/// </summary>
public sealed record FwFm() : CtrModel("FwFM")
{
    internal static readonly OptionSet<FwFm> Options = new OptionSet<FwFm>(() => new())
        .Add("linear_type", m => m.Linear, (m, v) => m with { Linear = v },
            Domain.Words(("LW", FwFmLinear.FeatureWeight), ("FeLV", FwFmLinear.FeatureVector), ("FiLV", FwFmLinear.FieldVector)),
            "the linear term");

    /// <summary>The linear term.</summary>
    public FwFmLinear Linear { get; init => field = Options.Checked("linear_type", value); } = FwFmLinear.FieldVector;

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var embeddings = inputs.Embeddings(); // [B, F, D]
        var linear = Linear switch
        {
            FwFmLinear.FeatureWeight => inputs.FirstOrder(), // [B, 1]
            FwFmLinear.FeatureVector => inputs.Graph.Apply(new Dot(), embeddings, inputs.OwnEmbeddings("linear")),
            _ => inputs.Linear(embeddings, 1, "linear", bias: false),
        };
        return inputs.Sum(linear, inputs.Output(inputs.InnerProducts(embeddings), "pairs")); // r and b
    }
}
