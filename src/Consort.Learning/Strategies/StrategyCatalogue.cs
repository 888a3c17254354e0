using Consort.Foundation.Options;

namespace Consort.Learning.Strategies;

/// <summary>One strategy that an experiment may name.</summary>
/// <param name="Name">The name in an experiment file.</param>
/// <param name="Summary">What it does, in a line.</param>
/// <param name="Paper">Where it comes from.</param>
/// <param name="Create">Makes the strategy from its options.</param>
public sealed record StrategyEntry(string Name, string Summary, string Paper, Func<OptionMap, Strategy> Create);

/// <summary>All strategies. A new strategy is one new file and one line here.</summary>
public static class StrategyCatalogue
{
    private static readonly StrategyEntry[] All =
    [
        new("supervised", "labels alone: one model, independent members, or a plain ensemble (mean, sum, concat)",
            "-", map => new Supervised(SupervisedOptions.From(map))),
        new("mutual", "every member also learns from the probabilities of its peers",
            "Yilmaz & Aldemir 2024, arXiv 2406.12087", map => new MutualLearning(MutualLearningOptions.From(map))),
        new("kdef", "students learn from labels, their ensemble and better peers, weighted by an examination",
            "Li et al. 2024, arXiv 2411.16122", map => new KnowledgeDrivenEnsemble(KnowledgeDrivenEnsembleOptions.From(map))),
        new("distillation", "students learn from labels and from frozen teachers, with a gate over several teachers",
            "Hinton et al. 2015, arXiv 1503.02531; Zhu et al. 2020, arXiv 2011.04106", map => new Distillation(DistillationOptions.From(map))),
    ];

    private static readonly Dictionary<string, StrategyEntry> ByName = All.ToDictionary(entry => entry.Name);

    /// <summary>The entries, in the order in which they are listed.</summary>
    public static IReadOnlyList<StrategyEntry> Entries => All;

    /// <summary>
    /// Makes the strategy that the key <c>name</c> names (supervised when absent); the other keys are its options. The caller closes the
    /// map, which rejects unknown keys.
    /// </summary>
    /// <exception cref="ConsortException">Unknown name, or an option out of range.</exception>
    public static Strategy Create(OptionMap map) => map.Choice("name", ByName["supervised"], ByName).Create(map);
}
