using Consort.Foundation.Options;

namespace Consort.Learning.Strategies;

/// <summary>Options of <see cref="TriCrossEntropy"/>; the default is the authors' code.</summary>
public sealed record TriCrossEntropyOptions
{
    /// <summary>The declaration.</summary>
    public static OptionSet<TriCrossEntropyOptions> Options { get; } = new OptionSet<TriCrossEntropyOptions>(() => new())
        .Add("detach_weights", o => o.DetachWeights, (o, v) => o with { DetachWeights = v }, Domain.Flag,
            "takes the members' weights as constants");

    /// <summary>Take the weights as constants, unlike the authors' code.</summary>
    public bool DetachWeights { get; init; }
}
