using Consort.Foundation.Options;

namespace Consort.Models.Layers;

/// <summary>What tells a model where the positions of a history are.</summary>
public enum PositionSource
{
    /// <summary>A learned vector for each place, counted back from the end.</summary>
    Learned,

    /// <summary>A learned vector for each bucket of how long before the row a step was (Chen et al. 2019, pos(v) = t(target) − t(v)).
    /// </summary>
    Time,
}

/// <summary>What a model puts beside the positions of a history, p_l of D numbers; of time, those of the column of ages that the schema has
/// beside the history, from the embedding table, and zeros for the target, whose age is 0, and for a step without a time.</summary>
public sealed record PositionOptions
{
    /// <summary>The option, for a model to include.</summary>
    public static OptionSet<PositionOptions> Options { get; } = new OptionSet<PositionOptions>(() => new())
        .Add("positions", o => o.Source, (o, v) => o with { Source = v },
            Domain.Words(("learned", PositionSource.Learned), ("time", PositionSource.Time)),
            "what a position's vector says: its place, counted back from the end, or its age, by the sequence of times (ages_of) that the schema has beside the history");

    /// <summary>What is wrong where a model has no vectors of positions at all; null where all is well.</summary>
    internal static string? MistakeOf(PositionOptions options, bool hasVectors, string key) =>
        options.Source == PositionSource.Time && !hasVectors
            ? $"found time with {key}: false, which leaves positions without vectors; expected {key}: true"
            : null;

    /// <summary>Places or ages.</summary>
    public PositionSource Source { get; init => field = Options.Checked("positions", value); }
}
