using Consort.Compute.Graphs;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Extreme deep factorization machine (xDeepFM): a compressed interaction network beside a tower and a linear part, z = first order + w ·
/// CIN(E) + b + w' · MLP(E) + b', [B, 1]. Without hidden units it is the CIN with its linear part. Source: Lian et al. 2018, eq. 6–9.
/// </summary>
public sealed record XDeepFm(MlpOptions Mlp) : TowerModel("xDeepFM", Mlp)
{
    internal static readonly OptionSet<XDeepFm> Options = new OptionSet<XDeepFm>(() => new(new MlpOptions()))
        .Add("cin_hidden_units", m => m.CinHiddenUnits, (m, v) => m with { CinHiddenUnits = v }, Domain.Integers(1, 1024),
            "H_k, maps of each layer of the CIN")
        .Tower()
        .Require("cin_hidden_units", m => m.CinHiddenUnits.Count > 0 ? null : "found no layers, expected at least one");

    /// <summary>Maps of each layer of the CIN, H_k, at least one.</summary>
    public IReadOnlyList<int> CinHiddenUnits { get; init => field = Options.Checked("cin_hidden_units", value); } = [16, 16, 16];

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var cin = inputs.CompressedInteractions(inputs.Embeddings(), CinHiddenUnits, "cin"); // [B, Σ H]
        var logit = inputs.Sum(inputs.FirstOrder(), inputs.Output(cin, "cin/output")); // [B, 1]
        return Mlp.HiddenUnits.Count == 0
            ? logit
            : inputs.Sum(logit, inputs.Output(inputs.Mlp(inputs.WithNumeric(inputs.Embeddings()), Mlp, "mlp")));
    }
}
