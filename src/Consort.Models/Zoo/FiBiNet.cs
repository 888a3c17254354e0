using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Feature importance and bilinear interaction network (FiBiNET): a tower over the bilinear interactions of the embeddings
/// E and of the re-weighted embeddings V = SENET(E), z = first order + w · MLP([(e_i W) ⊙ e_j, (v_i W) ⊙ v_j, i&lt;j]) + b, [B, 1].
/// Source: Huang et al. 2019. As in FuxiCTR both halves share W, and SENET's layers have no bias.
/// </summary>
public sealed record FiBiNet(MlpOptions Mlp, BilinearKind Bilinear = BilinearKind.FieldInteraction, double ReductionRatio = 3) : CtrModel
{
    private static readonly Dictionary<string, BilinearKind> Kinds = new(StringComparer.OrdinalIgnoreCase)
    {
        ["field_all"] = BilinearKind.FieldAll,
        ["field_each"] = BilinearKind.FieldEach,
        ["field_interaction"] = BilinearKind.FieldInteraction,
    };

    /// <inheritdoc/>
    public override string Name => "FiBiNET";

    /// <summary>Reads the tower's options, <c>bilinear_type</c> and <c>reduction_ratio</c>, 1 to 1000.</summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static FiBiNet From(OptionMap options) => new(
        MlpOptions.From(options),
        options.Choice("bilinear_type", BilinearKind.FieldInteraction, Kinds),
        options.Number("reduction_ratio", 3, 1, 1000));

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
