using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Feature importance and bilinear interaction network (FiBiNET): a tower over the bilinear interactions of the embeddings E and of the
/// re-weighted embeddings V = SENET(E), z = first order + w · MLP([(e_i W) ⊙ e_j, (v_i W) ⊙ v_j, i&lt;j]) + b, [B, 1]. Source: Huang et al.
/// 2019. As in FuxiCTR both halves share W, and SENET's layers have no bias.
/// </summary>
public sealed record FiBiNet(MlpOptions Mlp) : TowerModel("FiBiNET", Mlp)
{
    internal static readonly OptionSet<FiBiNet> Options = new OptionSet<FiBiNet>(() => new(new MlpOptions())).Tower()
        .Add("bilinear_type", m => m.Bilinear, (m, v) => m with { Bilinear = v }, Kinds, "one matrix, one a left field, one a pair")
        .Add("reduction_ratio", m => m.ReductionRatio, (m, v) => m with { ReductionRatio = v }, Domain.Number(1, 1000),
            "r of SENET: by how much the re-weighting of fields narrows");

    private static Domain<BilinearKind> Kinds => Domain.Words(
        ("field_all", BilinearKind.FieldAll), ("field_each", BilinearKind.FieldEach), ("field_interaction", BilinearKind.FieldInteraction));

    /// <summary>Which pairs share a matrix.</summary>
    public BilinearKind Bilinear { get; init => field = Options.Checked("bilinear_type", value); } = BilinearKind.FieldInteraction;

    /// <summary>r of SENET.</summary>
    public double ReductionRatio { get; init => field = Options.Checked("reduction_ratio", value); } = 3;

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var embeddings = inputs.Embeddings(); // [B, F, D]
        var weighted = inputs.SqueezeExcitation(embeddings, ReductionRatio, "senet"); // [B, F, D]
        var pairs = inputs.Bilinear(Bilinear, "bilinear", embeddings, weighted); // [B, F(F − 1) · D]
        var deep = inputs.Output(inputs.Mlp(inputs.WithNumeric(pairs), Mlp, "mlp")); // [B, 1]
        return inputs.Sum(inputs.FirstOrder(), deep);
    }
}
