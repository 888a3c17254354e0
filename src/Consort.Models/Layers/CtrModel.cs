using Consort.Compute.Graphs;
using Consort.Foundation.Options;

namespace Consort.Models.Layers;

/// <summary>
/// A model's architecture with its options: it adds its operations to a graph and gives one logit a row. It knows nothing of labels, losses
/// or other members.
/// </summary>
public abstract record CtrModel
{
    /// <summary>Creates a model.</summary>
    /// <param name="name">Its name in the catalogue: <c>DeepFM</c>.</param>
    protected CtrModel(string name) => Name = name;

    /// <summary>Its name in the catalogue: <c>DeepFM</c>.</summary>
    public string Name { get; }

    /// <summary>
    /// What γ of its batch-norm layers starts from: 1, or drawn from [0, 1], as in PyTorch before 1.2 and so in the BARS benchmark.
    /// </summary>
    public Initializer BatchNormScale { get; init; } = Initializer.One;

    /// <summary>Whether equal members of a family have weights together, by <see cref="MemberInputs.CommonWeight"/>.</summary>
    public virtual bool SharesWeights => false;

    /// <summary>Adds the model to a graph.</summary>
    /// <param name="inputs">The member's inputs and scope.</param>
    /// <returns>The logit z, [B, 1].</returns>
    public abstract Value Build(MemberInputs inputs);
}

/// <summary>A model with one tower.</summary>
public abstract record TowerModel : CtrModel
{
    /// <summary>Creates a model.</summary>
    /// <param name="name">Its name in the catalogue.</param>
    /// <param name="mlp">The tower.</param>
    protected TowerModel(string name, MlpOptions mlp) : base(name) => Mlp = mlp;

    /// <summary>The tower.</summary>
    public MlpOptions Mlp { get; init; }
}

/// <summary>Options that many models have.</summary>
public static class ModelOptions
{
    /// <summary>The set with the options of the model's tower.</summary>
    /// <param name="options">The set.</param>
    /// <param name="without">Those that the model has not.</param>
    public static OptionSet<T> Tower<T>(this OptionSet<T> options, params string[] without) where T : TowerModel =>
        options.Include(MlpOptions.Options.Without(without), m => m.Mlp, (m, v) => m with { Mlp = v });
}
