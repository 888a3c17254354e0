using Consort.Compute.Graphs;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// A plain tower over the concatenated embeddings (DNN, MLP): z = w · MLP([e_1 … e_F]) + b, [B, 1].
/// Source: the deep part of Cheng et al. 2016; FuxiCTR's DNN.
/// </summary>
public sealed record Dnn(MlpOptions Mlp) : CtrModel
{
    /// <inheritdoc/>
    public override string Name => "DNN";

    /// <summary>Reads the tower's options.</summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static Dnn From(OptionMap options) => new(MlpOptions.From(options));

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs) =>
        inputs.Output(inputs.Mlp(inputs.TowerInputs(), Mlp, "mlp")); // [B, 1]
}
