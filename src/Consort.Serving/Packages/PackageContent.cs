using System.Text.Json;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Graphs;
using Consort.Data.Encoders;
using Consort.Foundation.Options;
using Consort.Models;
using Consort.Serving.Calibrations;
using Consort.Serving.Profiles;

namespace Consort.Serving.Packages;

/// <summary>What goes into a package.</summary>
public sealed record PackageContent
{
    /// <summary>What the experiment is called.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The sections <c>embedding</c> and <c>members</c> with every default filled in, as <see cref="OptionMap.Resolved"/> writes them.
    /// </summary>
    public required string Model { get; init; }

    /// <summary>The graph that <see cref="Model"/> describes.</summary>
    public required Graph Graph { get; init; }

    /// <summary>The trained numbers.</summary>
    public required ParameterStore<float> Store { get; init; }

    /// <summary>The encoder fitted on the training rows.</summary>
    public required Encoder Encoder { get; init; }

    /// <summary>The members to take, at least one, ascending.</summary>
    public required IReadOnlyList<int> Members { get; init; }

    /// <summary>How their logits become one.</summary>
    public Fusion Fusion { get; init; }

    /// <summary>How tables are held.</summary>
    public PackageWeights Weights { get; init; }

    /// <summary>From the fused logit to a probability.</summary>
    public Calibration Calibration { get; init; } = Calibration.None;

    /// <summary>The content key of the training data.</summary>
    public required string TrainingData { get; init; }

    /// <summary>The run's metrics, or null.</summary>
    public JsonElement? Metrics { get; init; }

    /// <summary>What it is and how good, for people; an object, or null.</summary>
    public JsonElement? Card { get; init; }

    /// <summary>What its training rows looked like, or null.</summary>
    public TrainingProfile? Profile { get; init; }
}
