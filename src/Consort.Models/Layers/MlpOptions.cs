using Consort.Compute.Operations;
using Consort.Foundation.Options;

namespace Consort.Models.Layers;

/// <summary>A tower of fully connected layers.</summary>
public sealed record MlpOptions
{
    /// <summary>The activations by their usual names.</summary>
    internal static readonly Domain<Activation> Activations = Domain.Words(
        ("none", Activation.None), ("relu", Activation.Relu), ("leaky_relu", Activation.LeakyRelu), ("prelu", Activation.Prelu),
        ("dice", Activation.Dice), ("gelu", Activation.Gelu), ("sigmoid", Activation.Sigmoid), ("tanh", Activation.Tanh),
        ("silu", Activation.Silu));

    /// <summary>The options; a model with several towers includes them with a prefix each.</summary>
    public static OptionSet<MlpOptions> Options { get; } = new OptionSet<MlpOptions>(() => new())
        .Add("hidden_units", o => o.HiddenUnits, (o, v) => o with { HiddenUnits = v },
            Domain.Integers(1, 65536)
                with
            { Search = SearchRange.Of("[32]", "[64, 32]", "[128, 64]", "[200, 100]", "[400, 200]", "[400, 400, 400]") },
            "widths of the hidden layers")
        .Add("activation", o => o.Activation, (o, v) => o with { Activation = v }, Activations, "after each hidden layer")
        .Add("batch_norm", o => o.BatchNorm, (o, v) => o with { BatchNorm = v }, Domain.Flag, "batch normalisation before each activation")
        .Add("layer_norm", o => o.LayerNorm, (o, v) => o with { LayerNorm = v }, Domain.Flag, "layer normalisation there instead")
        .Add("initializer", o => o.Initializer, (o, v) => o with { Initializer = v }, WeightInitializers.Names,
            "what the tower's weights start from")
        .Add("dropout", o => o.Dropout, (o, v) => o with { Dropout = v },
            Domain.Number(0, 0.99) with { Search = SearchRange.Linear(0, 0.5) },
            "share of a hidden layer's outputs that drop while training")
        .Require("layer_norm", o => o is { BatchNorm: true, LayerNorm: true }
            ? "found it beside batch_norm, expected one of the two" : null);

    /// <summary>Those of a tower whose model says itself how it is normalised and begins.</summary>
    internal static OptionSet<MlpOptions> Bare => Options.Without("batch_norm", "layer_norm", "initializer");

    /// <summary>Widths of the hidden layers.</summary>
    public IReadOnlyList<int> HiddenUnits { get; init => field = Options.Checked("hidden_units", value); } = [400, 400, 400];

    /// <summary>What follows each hidden layer.</summary>
    public Activation Activation { get; init => field = Options.Checked("activation", value); } = Activation.Relu;

    /// <summary>Whether each hidden layer is batch-normalised before its activation.</summary>
    public bool BatchNorm { get; init; }

    /// <summary>Whether each hidden layer is layer-normalised before its activation; not together with <see cref="BatchNorm"/>.</summary>
    public bool LayerNorm { get; init; }

    /// <summary>What the hidden layers' weights are drawn from.</summary>
    public WeightInitializer Initializer { get; init => field = Options.Checked("initializer", value); }

    /// <summary>Share of a hidden layer's outputs that drop while training.</summary>
    public double Dropout { get; init => field = Options.Checked("dropout", value); }

    /// <inheritdoc/>
    public bool Equals(MlpOptions? other) => other is not null && Options.AreEqual(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(HiddenUnits.Count, Activation, Dropout);
}
