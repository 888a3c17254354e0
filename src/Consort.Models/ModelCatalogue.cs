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
    public static Catalogue<CtrModel> All { get; } = new(
        "model", ignoreCase: true, usual: null,
        Entry("LR", "logistic regression: one weight a feature", "Richardson et al. 2007", new OptionSet<LogisticRegression>(() => new())),
        Entry("FM", "factorization machine: all pairwise interactions", "Rendle 2010", new OptionSet<FactorizationMachineModel>(() => new())),
        Entry("DNN", "a tower over the embeddings", "Cheng et al. 2016", Tower(() => new Dnn(new()))),
        Entry("DeepFM", "factorization machine beside a tower", "Guo et al. 2017", Tower(() => new DeepFm(new()))),
        Entry("DCN", "cross network beside a tower", "Wang et al. 2017", Dcn.Options),
        Entry("WideDeep", "linear model beside a tower", "Cheng et al. 2016", Tower(() => new WideDeep(new()))),
        Entry("NFM", "a tower over pooled pairwise products", "He and Chua 2017", Tower(() => new Nfm(new()))),
        Entry("FwFM", "factorization machine with a weight for each pair of fields", "Pan et al. 2018", FwFm.Options),
        Entry("DCNv2", "cross network with matrices, or low-rank experts, beside or below a tower", "Wang et al. 2021", DcnV2.Options),
        Entry("PNN", "a tower over embeddings and inner or outer products of all pairs", "Qu et al. 2016", Pnn.Options),
        Entry("FiBiNET", "a tower over bilinear interactions of embeddings, plain and re-weighted", "Huang et al. 2019", FiBiNet.Options),
        Entry("FinalMLP", "two towers over gated embeddings, fused bilinearly", "Mao et al. 2023", FinalMlp.Options),
        Entry("AutoInt", "self-attention between fields, alone or beside a tower (AutoInt+)", "Song et al. 2019", AutoInt.Options),
        Entry("xDeepFM", "compressed interaction network beside a tower", "Lian et al. 2018", XDeepFm.Options),
        Entry("MaskNet", "blocks masked by the row itself, serial or parallel", "Wang et al. 2021", MaskNet.Options),
        Entry("FinalNet", "one or two towers of factorised interaction layers", "Zhu et al. 2023", FinalNet.Options),
        Entry("GDCN", "gated cross network beside or below a tower", "Wang et al. 2023", Gdcn.Options),
        Entry("LCN", "linear cross network with self-mask, no tower", "Li et al. 2024", LinearCrossNetwork.Options),
        Entry("ECN", "exponential cross network with self-mask, no tower", "Li et al. 2024", ExponentialCrossNetwork.Options),
        Entry("AFN", "logarithmic neurons: products of fields to learned powers, alone or beside a tower (AFN+)", "Cheng et al. 2020", AdaptiveFactorizationNetwork.Options),
        Entry("AFM", "factorization machine with attention over pairs", "Xiao et al. 2017", Afm.Options),
        Entry("FFM", "field-aware factorization machine: a vector a feature for each other field", "Juan et al. 2016", new OptionSet<Ffm>(() => new())),
        Entry("DLRM", "a tower over pairwise products, numeric columns through a tower of their own", "Naumov et al. 2019", Dlrm.Options));

    /// <summary>The models, simplest first.</summary>
    public static IReadOnlyList<CatalogueEntry<CtrModel>> Entries => All.Entries;

    /// <summary>Reads one member of an experiment: the key <c>model</c> and the options of that model.</summary>
    /// <exception cref="ConsortException">No such model; the message names the nearest.</exception>
    public static CtrModel Create(OptionMap options) => All.Create(options);

    /// <summary>A model, with what γ of batch norm starts from where it has any.</summary>
    /// <param name="name">As the literature writes it.</param>
    /// <param name="summary">One line.</param>
    /// <param name="source">The paper.</param>
    /// <param name="options">Its options.</param>
    public static CatalogueEntry<CtrModel> Entry<T>(string name, string summary, string source, OptionSet<T> options) where T : CtrModel
    {
        if (options.Keys.Any(k => k.EndsWith("batch_norm", StringComparison.Ordinal)))
        {
            options = options.Add(
                "batch_norm_scale", m => m.BatchNormScale, (m, v) => m with { BatchNormScale = v }, Scales,
                "what γ of batch norm starts from: 1, or drawn from [0, 1] as in PyTorch before 1.2, with which BARS' numbers were made");
        }

        return CatalogueEntry<CtrModel>.Of(name, summary, source, options, m => m);
    }

    private static OptionSet<T> Tower<T>(Func<T> defaults) where T : TowerModel => new OptionSet<T>(defaults).Tower();
}
