using Consort.Compute.Graphs;
using Consort.Foundation.Options;

namespace Consort.Models.Embeddings;

/// <summary>How numeric columns reach a model.</summary>
public enum NumericInput
{
    /// <summary>As embeddings, value times a learned vector, beside those of categorical columns.</summary>
    Embed,

    /// <summary>
    /// As they are, side by side with what towers and cross networks read; interactions see categorical columns alone. First-order terms
    /// read them either way.
    /// </summary>
    Dense,

    /// <summary>Both ways.</summary>
    Both,
}

/// <summary>The embeddings that a family's members read.</summary>
public sealed record EmbeddingOptions
{
    /// <summary>The section <c>embedding</c>.</summary>
    public static OptionSet<EmbeddingOptions> Options { get; } = new OptionSet<EmbeddingOptions>(() => new())
        .Add("dimension", o => o.Dimension, (o, v) => o with { Dimension = v },
            Domain.Integer(1, 1024) with { Search = SearchRange.Of("4", "8", "16", "32") }, "D, numbers a feature")
        .Add("shared", o => o.Shared, (o, v) => o with { Shared = v }, Domain.Flag,
            "one table for all members (knowledge-driven ensembles), or one for each (mutual learning)")
        .Add("initial_deviation", o => o.InitialDeviation, (o, v) => o with { InitialDeviation = v }, Domain.Number(0, 1),
            "standard deviation that rows start with")
        .Add("initializer", o => o.IsUniform, (o, v) => o with { IsUniform = v }, Domain.Words(("normal", false), ("uniform", true)),
            "what rows are drawn from: uniform is within ±√3 deviations")
        .Add("numeric", o => o.Numeric, (o, v) => o with { Numeric = v },
            Domain.Words(("embed", NumericInput.Embed), ("dense", NumericInput.Dense), ("both", NumericInput.Both)),
            "how numeric columns reach a model, see below")
        .Add("fields", o => o.Fields, (o, v) => o with { Fields = v },
            Domain.Section<IReadOnlyDictionary<string, FieldEmbedding>>("categorical columns", ReadFields,
                fields => fields.Count == 0 ? "-" : string.Join(", ", fields.Keys)),
            "columns whose embeddings differ from the others, by name, see below");

    /// <summary>D, numbers per feature.</summary>
    public int Dimension { get; init => field = Options.Checked("dimension", value); } = 16;

    /// <summary>Whether all members read one table (knowledge-driven ensembles) or each has its own (mutual learning).</summary>
    public bool Shared { get; init; } = true;

    /// <summary>Standard deviation that rows start with. FuxiCTR starts with 1e-4.</summary>
    public double InitialDeviation { get; init => field = Options.Checked("initial_deviation", value); } = 1e-4;

    /// <summary>Whether rows start uniform, within ±√3 · <see cref="InitialDeviation"/>, rather than normal.</summary>
    public bool IsUniform { get; init; }

    /// <summary>What embeddings and first-order weights start from.</summary>
    internal Initializer Initial => IsUniform ? Initializer.Uniform(Math.Sqrt(3) * InitialDeviation) : Initializer.Normal(InitialDeviation);

    /// <summary>How numeric columns reach a model.</summary>
    public NumericInput Numeric { get; init => field = Options.Checked("numeric", value); }

    /// <summary>Categorical columns, by name, whose embeddings differ from the others.</summary>
    public IReadOnlyDictionary<string, FieldEmbedding> Fields { get; init; } = new Dictionary<string, FieldEmbedding>();

    /// <summary>Reads the options.</summary>
    /// <param name="options">The section <c>embedding</c>.</param>
    /// <param name="folder">What relative names of files start from; null leaves them as they are.</param>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static EmbeddingOptions From(OptionMap options, string? folder = null)
    {
        var read = Options.Read(options);
        return folder is null ? read : read
            with
        { Fields = read.Fields.ToDictionary(f => f.Key, f => f.Value.In(folder), StringComparer.Ordinal) };
    }

    private static IReadOnlyDictionary<string, FieldEmbedding> ReadFields(OptionMap map, string key,
        IReadOnlyDictionary<string, FieldEmbedding> none) =>
            map.Map(key) is { } fields ? fields.Keys.ToDictionary(name => name, name => FieldEmbedding.Options.Read(fields.Section(name)),
                StringComparer.Ordinal) : none;
}
