using Consort.Compute.Graphs;
using Consort.Foundation.Options;
using Consort.Models.Layers;
using Consort.Models.Zoo;

namespace Consort.Models;

/// <summary>All models. Adding one is a file under <c>Zoo</c> and a line here.</summary>
public static class ModelCatalogue
{
    private static readonly Domain<Initializer> Scales = Domain.Words(("one", Initializer.One), ("uniform", Initializer.Uniform(0, 1)));

    /// <summary>What an experiment can name as <c>model</c>, simplest first.</summary>
    public static Catalogue<CtrModel> All { get; } = new Catalogue<CtrModel>("model", names: StringComparer.OrdinalIgnoreCase)
        .With("LR", "logistic regression: one weight a feature", "Richardson et al. 2007", new OptionSet<LogisticRegression>(() => new()))
        .With("FM", "factorization machine: all pairwise interactions", "Rendle 2010",
            new OptionSet<FactorizationMachineModel>(() => new()))
        .With("DNN", "a tower over the embeddings", "Cheng et al. 2016", Tower(() => new Dnn(new())))
        .With("TabM", "a tower that equal members share, each through cheap adapters of its own", "Gorishniy et al. 2025", TabM.Options)
        .With("DeepFM", "factorization machine beside a tower", "Guo et al. 2017", Tower(() => new DeepFm(new())))
        .With("DCN", "cross network beside a tower", "Wang et al. 2017", Dcn.Options)
        .With("WideDeep", "linear model beside a tower", "Cheng et al. 2016", Tower(() => new WideDeep(new())))
        .With("NFM", "a tower over pooled pairwise products", "He and Chua 2017", Tower(() => new Nfm(new())))
        .With("FwFM", "factorization machine with a weight for each pair of fields", "Pan et al. 2018", FwFm.Options)
        .With("DCNv2", "cross network with matrices, or low-rank experts, beside or below a tower", "Wang et al. 2021", DcnV2.Options)
        .With("PNN", "a tower over embeddings and inner or outer products of all pairs", "Qu et al. 2016", Pnn.Options)
        .With("FiBiNET", "a tower over bilinear interactions of embeddings, plain and re-weighted", "Huang et al. 2019", FiBiNet.Options)
        .With("FinalMLP", "two towers over gated embeddings, fused bilinearly", "Mao et al. 2023", FinalMlp.Options)
        .With("AutoInt", "self-attention between fields, alone or beside a tower (AutoInt+)", "Song et al. 2019", AutoInt.Options)
        .With("FiGNN", "a graph of fields whose states go along learned edges", "Li et al. 2019", FiGnn.Options)
        .With("xDeepFM", "compressed interaction network beside a tower", "Lian et al. 2018", XDeepFm.Options)
        .With("MaskNet", "blocks masked by the row itself, serial or parallel", "Wang et al. 2021", MaskNet.Options)
        .With("FinalNet", "one or two towers of factorised interaction layers", "Zhu et al. 2023", FinalNet.Options)
        .With("GDCN", "gated cross network beside or below a tower", "Wang et al. 2023", Gdcn.Options)
        .With("LCN", "linear cross network with self-mask, no tower", "Li et al. 2024", LinearCrossNetwork.Options)
        .With("ECN", "exponential cross network with self-mask, no tower", "Li et al. 2024", ExponentialCrossNetwork.Options)
        .With("AFN", "logarithmic neurons: products of fields to learned powers, alone or beside a tower (AFN+)", "Cheng et al. 2020",
            AdaptiveFactorizationNetwork.Options)
        .With("AFM", "factorization machine with attention over pairs", "Xiao et al. 2017", Afm.Options)
        .With("FFM", "field-aware factorization machine: a vector a feature for each other field", "Juan et al. 2016",
            new OptionSet<Ffm>(() => new()))
        .With("DLRM", "a tower over pairwise products, numeric columns through a tower of their own", "Naumov et al. 2019", Dlrm.Options)
        .With("DIN", "a tower over a history weighted by how its positions matter to the target", "Zhou et al. 2018", Din.Options)
        .With("DIEN", "a tower over interests that two recurrent units draw from a history", "Zhou et al. 2019", Dien.Options)
        .With("BST", "a tower over a history and its target after blocks of self-attention", "Chen et al. 2019", Bst.Options)
        .With("DMIN", "a tower over several interests that heads of self-attention draw from a history", "Xiao et al. 2020", Dmin.Options)
        .With("SIM", "a tower over what of a long history is nearest to the target", "Pi et al. 2020", Sim.Options);

    /// <summary>The models, simplest first.</summary>
    public static IReadOnlyList<CatalogueEntry<CtrModel>> Entries => All.Entries;

    /// <summary>Reads one member of an experiment: the key <c>model</c> and the options of that model.</summary>
    /// <exception cref="ConsortException">No such model; the message names the nearest.</exception>
    public static CtrModel Create(OptionMap options) => All.Create(options);

    /// <summary>The catalogue with one more model, which says what γ of batch norm starts from where it has any.</summary>
    /// <param name="catalogue">The catalogue.</param>
    /// <param name="name">As the literature writes it.</param>
    /// <param name="summary">One line.</param>
    /// <param name="source">The paper.</param>
    /// <param name="options">Its options.</param>
    public static Catalogue<CtrModel> With<T>(this Catalogue<CtrModel> catalogue, string name, string summary, string source,
        OptionSet<T> options)
        where T : CtrModel
    {
        if (options.Keys.Any(k => k.EndsWith("batch_norm", StringComparison.Ordinal)))
        {
            options = options.Add(
                "batch_norm_scale", m => m.BatchNormScale, (m, v) => m with { BatchNormScale = v }, Scales,
                "what γ of batch norm starts from: 1, or drawn from [0, 1] as in PyTorch before 1.2, with which BARS' numbers were made");
        }

        return catalogue.With<T>(name, summary, source, options, m => m);
    }

    private static OptionSet<T> Tower<T>(Func<T> defaults) where T : TowerModel => new OptionSet<T>(defaults).Tower();
}
