using Consort.Compute.Graphs;
using Consort.Foundation.Options;

namespace Consort.Models.Embeddings;

/// <summary>How numeric columns reach a model.</summary>
public enum NumericInput
{
    /// <summary>As embeddings, value times a learned vector, beside those of categorical columns.</summary>
    Embed,

    /// <summary>
    /// As they are, side by side with what towers and cross networks read; interactions see categorical columns alone. First-order
    /// terms read them either way.
    /// </summary>
    Dense,

    /// <summary>Both ways.</summary>
    Both,
}

/// <summary>The embeddings that a family's members read.</summary>
public sealed record EmbeddingOptions
{
    private static readonly Dictionary<string, NumericInput> NumericInputs =
        new() { ["embed"] = NumericInput.Embed, ["dense"] = NumericInput.Dense, ["both"] = NumericInput.Both };

    private static readonly Dictionary<string, bool> Distributions = new() { ["normal"] = false, ["uniform"] = true };

    /// <summary>D, numbers per feature, 1 to 1024.</summary>
    public int Dimension { get; init; } = 16;

    /// <summary>Whether all members read one table (knowledge-driven ensembles) or each has its own (mutual learning).</summary>
    public bool Shared { get; init; } = true;

    /// <summary>Standard deviation that rows start with, 0 to 1. FuxiCTR starts with 1e-4.</summary>
    public double InitialDeviation { get; init; } = 1e-4;

    /// <summary>Whether rows start uniform, within ±√3 · <see cref="InitialDeviation"/>, rather than normal.</summary>
    public bool IsUniform { get; init; }

    /// <summary>What embeddings and first-order weights start from.</summary>
    internal Initializer Initial => IsUniform ? Initializer.Uniform(Math.Sqrt(3) * InitialDeviation) : Initializer.Normal(InitialDeviation);

    /// <summary>How numeric columns reach a model.</summary>
    public NumericInput Numeric { get; init; }

    /// <summary>Categorical columns, by name, whose embeddings differ from the others.</summary>
    public IReadOnlyDictionary<string, FieldEmbedding> Fields { get; init; } = new Dictionary<string, FieldEmbedding>();

    /// <summary>
    /// Reads the options: <c>dimension</c>, <c>shared</c>, <c>initializer</c>, <c>initial_deviation</c>, <c>numeric</c>, <c>fields</c>.
    /// </summary>
    /// <param name="options">The section <c>embedding</c>.</param>
    /// <param name="folder">What relative names of files start from; null leaves them as they are.</param>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static EmbeddingOptions From(OptionMap options, string? folder = null)
    {
        var defaults = new EmbeddingOptions();
        return new EmbeddingOptions
        {
            Dimension = options.Integer("dimension", defaults.Dimension, 1, 1024),
            Shared = options.Flag("shared", defaults.Shared),
            InitialDeviation = options.Number("initial_deviation", defaults.InitialDeviation, 0, 1),
            IsUniform = options.Choice("initializer", defaults.IsUniform, Distributions),
            Numeric = options.Choice("numeric", defaults.Numeric, NumericInputs),
            Fields = ReadFields(options.Map("fields"), folder),
        };
    }

    private static Dictionary<string, FieldEmbedding> ReadFields(OptionMap? options, string? folder)
    {
        var fields = new Dictionary<string, FieldEmbedding>(StringComparer.Ordinal);
        foreach (var name in options?.Keys ?? [])
            fields.Add(name, FieldEmbedding.From(options!.Section(name), folder));
        return fields;
    }
}
