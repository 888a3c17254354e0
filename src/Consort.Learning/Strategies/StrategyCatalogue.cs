using Consort.Foundation.Options;

namespace Consort.Learning.Strategies;

/// <summary>All strategies. A new strategy is one new file and one line here.</summary>
public static class StrategyCatalogue
{
    /// <summary>What a strategy's key <c>name</c> can name; supervised where it is absent.</summary>
    public static Catalogue<Strategy> All { get; } = new Catalogue<Strategy>("name", usual: "supervised")
        .With("supervised", "labels alone: one model, independent members, or a plain ensemble (mean, sum, concat)",
            "-", SupervisedOptions.Options, o => new Supervised(o))
        .With("mutual", "every member also learns from the probabilities of its peers",
            "Yilmaz & Aldemir 2024, arXiv 2406.12087", MutualLearningOptions.Options, o => new MutualLearning(o))
        .With("kdef", "students learn from labels, their ensemble and better peers, weighted by an examination",
            "Li et al. 2024, arXiv 2411.16122", KnowledgeDrivenEnsembleOptions.Options, o => new KnowledgeDrivenEnsemble(o))
        .With("tri_bce", "labels for the ensemble and, as far as they do worse, for its members",
            "Li et al. 2024, arXiv 2407.13349", TriCrossEntropyOptions.Options, o => new TriCrossEntropy(o))
        .With("distillation", "students learn from labels and from frozen teachers, with a gate over several teachers",
            "Hinton et al. 2015, arXiv 1503.02531; Zhu et al. 2020, arXiv 2011.04106", DistillationOptions.Options,
            o => new Distillation(o));

    /// <summary>The entries, in the order in which they are listed.</summary>
    public static IReadOnlyList<CatalogueEntry<Strategy>> Entries => All.Entries;

    /// <summary>Makes the strategy that the key <c>name</c> names; the other keys are its options. The caller closes the map.</summary>
    /// <exception cref="ConsortException">Unknown name, or an option out of range.</exception>
    public static Strategy Create(OptionMap map) => All.Create(map);
}
