using Consort.Compute.Operations;
using Consort.Foundation.Options;

namespace Consort.Models.Layers;

/// <summary>A tower of fully connected layers.</summary>
public sealed record MlpOptions
{
    /// <summary>The activations by their usual names.</summary>
    internal static readonly IReadOnlyDictionary<string, Activation> Activations = new Dictionary<string, Activation>(StringComparer.OrdinalIgnoreCase)
    {
        ["none"] = Activation.None,
        ["relu"] = Activation.Relu,
        ["leaky_relu"] = Activation.LeakyRelu,
        ["prelu"] = Activation.Prelu,
        ["dice"] = Activation.Dice,
        ["gelu"] = Activation.Gelu,
        ["sigmoid"] = Activation.Sigmoid,
        ["tanh"] = Activation.Tanh,
        ["silu"] = Activation.Silu,
    };

    /// <summary>The initialisers by their usual names, for a layer of <c>in</c> inputs and <c>out</c> outputs.</summary>
    internal static readonly IReadOnlyDictionary<string, WeightInitializer> Initializers = new Dictionary<string, WeightInitializer>(StringComparer.OrdinalIgnoreCase)
    {
        ["xavier_normal"] = WeightInitializer.XavierNormal,
        ["xavier_uniform"] = WeightInitializer.XavierUniform,
        ["he_normal"] = WeightInitializer.HeNormal,
        ["he_uniform"] = WeightInitializer.HeUniform,
    };

    /// <summary>Widths of the hidden layers, each 1 to 65536.</summary>
    public IReadOnlyList<int> HiddenUnits { get; init; } = [400, 400, 400];

    /// <summary>What follows each hidden layer.</summary>
    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>Whether each hidden layer is batch-normalised before its activation.</summary>
    public bool BatchNorm { get; init; }

    /// <summary>Whether each hidden layer is layer-normalised before its activation; not together with <see cref="BatchNorm"/>.</summary>
    public bool LayerNorm { get; init; }

    /// <summary>What the hidden layers' weights are drawn from.</summary>
    public WeightInitializer Initializer { get; init; } = WeightInitializer.XavierNormal;

    /// <summary>Share of a hidden layer's outputs that drop while training, 0 to 0.99.</summary>
    public double Dropout { get; init; }

    /// <summary>
    /// Reads <c>hidden_units</c>, <c>activation</c>, <c>batch_norm</c>, <c>layer_norm</c>, <c>initializer</c> and <c>dropout</c>.
    /// </summary>
    /// <param name="options">Where from.</param>
    /// <param name="prefix">What each key begins with, for models with several towers.</param>
    /// <param name="fallback">What holds for keys that are not there; null for the usual tower.</param>
    /// <param name="batchNorm">Given by models that have one such flag for several towers, or none: it is not read then, nor are
    /// <c>layer_norm</c> and <c>initializer</c>, for such models say themselves how they are normalised and begin.</param>
    /// <param name="layerNorm">Given by models whose key <c>layer_norm</c> is of something else.</param>
    /// <exception cref="ConsortException">A value is out of its range, or both normalisations are asked for.</exception>
    public static MlpOptions From(OptionMap options, string prefix = "", MlpOptions? fallback = null, bool? batchNorm = null, bool? layerNorm = null)
    {
        fallback ??= new MlpOptions();
        var isPlain = batchNorm is null;
        var read = new MlpOptions
        {
            HiddenUnits = options.Integers(prefix + "hidden_units", fallback.HiddenUnits, 1, 65536),
            Activation = options.Choice(prefix + "activation", fallback.Activation, Activations),
            BatchNorm = batchNorm ?? options.Flag(prefix + "batch_norm", fallback.BatchNorm),
            LayerNorm = layerNorm ?? (isPlain ? options.Flag(prefix + "layer_norm", fallback.LayerNorm) : fallback.LayerNorm),
            Initializer = isPlain ? options.Choice(prefix + "initializer", fallback.Initializer, Initializers) : fallback.Initializer,
            Dropout = options.Number(prefix + "dropout", fallback.Dropout, 0, 0.99),
        };
        return isPlain && read is { BatchNorm: true, LayerNorm: true }
            ? throw options.Error(prefix + "layer_norm", "found it beside batch_norm, expected one of the two")
            : read;
    }

    /// <inheritdoc/>
    public bool Equals(MlpOptions? other) =>
        other is not null && HiddenUnits.SequenceEqual(other.HiddenUnits) && Activation == other.Activation
        && BatchNorm == other.BatchNorm && LayerNorm == other.LayerNorm && Initializer == other.Initializer && Dropout.Equals(other.Dropout);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(HiddenUnits.Count, Activation, BatchNorm, LayerNorm, Initializer, Dropout);
}
