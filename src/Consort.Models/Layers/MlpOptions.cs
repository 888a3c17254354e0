using Consort.Compute.Operations;
using Consort.Data;
using Consort.Data.Options;

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

    /// <summary>Widths of the hidden layers, each 1 to 65536.</summary>
    public IReadOnlyList<int> HiddenUnits { get; init; } = [400, 400, 400];

    /// <summary>What follows each hidden layer.</summary>
    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>Whether each hidden layer is batch-normalised before its activation.</summary>
    public bool BatchNorm { get; init; }

    /// <summary>Share of a hidden layer's outputs that drop while training, 0 to 0.99.</summary>
    public double Dropout { get; init; }

    /// <summary>Reads <c>hidden_units</c>, <c>activation</c>, <c>batch_norm</c> and <c>dropout</c>.</summary>
    /// <param name="options">Where from.</param>
    /// <param name="prefix">What each key begins with, for models with several towers.</param>
    /// <param name="fallback">What holds for keys that are not there; null for the usual tower.</param>
    /// <param name="batchNorm">Given by models that have one such flag for several towers, or none: it is not read then.</param>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static MlpOptions From(OptionMap options, string prefix = "", MlpOptions? fallback = null, bool? batchNorm = null)
    {
        fallback ??= new MlpOptions();
        return new MlpOptions
        {
            HiddenUnits = options.Integers(prefix + "hidden_units", fallback.HiddenUnits, 1, 65536),
            Activation = options.Choice(prefix + "activation", fallback.Activation, Activations),
            BatchNorm = batchNorm ?? options.Flag(prefix + "batch_norm", fallback.BatchNorm),
            Dropout = options.Number(prefix + "dropout", fallback.Dropout, 0, 0.99),
        };
    }

    /// <inheritdoc/>
    public bool Equals(MlpOptions? other) =>
        other is not null && HiddenUnits.SequenceEqual(other.HiddenUnits) && Activation == other.Activation
        && BatchNorm == other.BatchNorm && Dropout.Equals(other.Dropout);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(HiddenUnits.Count, Activation, BatchNorm, Dropout);
}
