using Consort.Compute.Graphs;

namespace Consort.Models.Layers;

/// <summary>
/// A model's architecture with its options: it adds its operations to a graph and gives one logit a row. It knows nothing
/// of labels, losses or other members.
/// </summary>
public abstract record CtrModel
{
    /// <summary>Its name in the catalogue: <c>DeepFM</c>.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// What γ of its batch-norm layers starts from: 1, or drawn from [0, 1], as in PyTorch before 1.2 and so in the BARS benchmark.
    /// </summary>
    public Initializer BatchNormScale { get; init; } = Initializer.One;

    /// <summary>Adds the model to a graph.</summary>
    /// <param name="inputs">The member's inputs and scope.</param>
    /// <returns>The logit z, [B, 1].</returns>
    public abstract Value Build(MemberInputs inputs);
}
