using Consort.Data;
using Consort.Data.Options;

namespace Consort.Models;

/// <summary>The embeddings that a family's members read.</summary>
public sealed record EmbeddingOptions
{
    /// <summary>D, numbers per feature, 1 to 1024.</summary>
    public int Dimension { get; init; } = 16;

    /// <summary>Whether all members read one table (knowledge-driven ensembles) or each has its own (mutual learning).</summary>
    public bool Shared { get; init; } = true;

    /// <summary>Standard deviation that rows start with, 0 to 1. FuxiCTR starts with 1e-4.</summary>
    public double InitialDeviation { get; init; } = 1e-4;

    /// <summary>Reads the options: <c>dimension</c>, <c>shared</c>, <c>initial_deviation</c>.</summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static EmbeddingOptions From(OptionMap options)
    {
        var defaults = new EmbeddingOptions();
        return new EmbeddingOptions
        {
            Dimension = options.Integer("dimension", defaults.Dimension, 1, 1024),
            Shared = options.Flag("shared", defaults.Shared),
            InitialDeviation = options.Number("initial_deviation", defaults.InitialDeviation, 0, 1),
        };
    }
}
