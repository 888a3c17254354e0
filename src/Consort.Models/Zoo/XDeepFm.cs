using Consort.Compute.Graphs;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Extreme deep factorization machine (xDeepFM): a compressed interaction network beside a tower and a linear part,
/// z = first order + w · CIN(E) + b + w' · MLP(E) + b', [B, 1]. Without hidden units it is the CIN with its linear part.
/// Source: Lian et al. 2018, eq. 6–9.
/// </summary>
public sealed record XDeepFm(MlpOptions Mlp, IReadOnlyList<int> CinHiddenUnits) : CtrModel
{
    /// <inheritdoc/>
    public override string Name => "xDeepFM";

    /// <summary>Reads the tower's options and <c>cin_hidden_units</c>, each 1 to 1024.</summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static XDeepFm From(OptionMap options)
    {
        var maps = options.Integers("cin_hidden_units", [16, 16, 16], 1, 1024);
        if (maps.Count == 0)
            throw options.Error("cin_hidden_units", "found no layers, expected at least one");
        return new XDeepFm(MlpOptions.From(options), maps);
    }

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
