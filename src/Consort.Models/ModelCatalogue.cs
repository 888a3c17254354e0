using Consort.Compute.Graphs;
using Consort.Foundation.Options;
using Consort.Models.Layers;
using Consort.Models.Zoo;

namespace Consort.Models;

/// <summary>A model that an experiment can name.</summary>
/// <param name="Name">As the literature writes it.</param>
/// <param name="Summary">One line.</param>
/// <param name="Source">The paper.</param>
/// <param name="Keys">Its own keys in an experiment file.</param>
/// <param name="Create">Reads its options.</param>
public sealed record ModelEntry(string Name, string Summary, string Source, string Keys, Func<OptionMap, CtrModel> Create);

/// <summary>All models. Adding one is a file under <c>Zoo</c> and a line here.</summary>
public static class ModelCatalogue
{
    private const string ScaleKey = "batch_norm_scale";
    private const string Tower = "hidden_units, activation, batch_norm, batch_norm_scale, layer_norm, initializer, dropout";

    private static readonly Dictionary<string, Initializer> Scales = new(StringComparer.OrdinalIgnoreCase)
    {
        ["one"] = Initializer.One,
        ["uniform"] = Initializer.Uniform(0, 1),
    };

    /// <summary>The models, simplest first.</summary>
    public static IReadOnlyList<ModelEntry> Entries { get; } =
    [
        new("LR", "logistic regression: one weight a feature", "Richardson et al. 2007", "none", _ => new LogisticRegression()),
        new("FM", "factorization machine: all pairwise interactions", "Rendle 2010", "none", _ => new FactorizationMachineModel()),
        new("DNN", "a tower over the embeddings", "Cheng et al. 2016", Tower, Dnn.From),
        new("DeepFM", "factorization machine beside a tower", "Guo et al. 2017", Tower, DeepFm.From),
        new("DCN", "cross network beside a tower", "Wang et al. 2017", Tower + ", cross_layers", Dcn.From),
        new("WideDeep", "linear model beside a tower", "Cheng et al. 2016", Tower, WideDeep.From),
        new("NFM", "a tower over pooled pairwise products", "He and Chua 2017", Tower, Nfm.From),
        new("FwFM", "factorization machine with a weight for each pair of fields", "Pan et al. 2018", "linear_type", FwFm.From),
        new("DCNv2", "cross network with matrices, or low-rank experts, beside or below a tower", "Wang et al. 2021",
            Tower + ", cross_layers, structure, use_low_rank_mixture, low_rank, num_experts", DcnV2.From),
        new("PNN", "a tower over embeddings and inner or outer products of all pairs", "Qu et al. 2016", Tower + ", product_type", Pnn.From),
        new("FiBiNET", "a tower over bilinear interactions of embeddings, plain and re-weighted", "Huang et al. 2019", Tower + ", bilinear_type, reduction_ratio", FiBiNet.From),
        new("FinalMLP", "two towers over gated embeddings, fused bilinearly", "Mao et al. 2023",
            "batch_norm_scale, mlp1_hidden_units, mlp1_activation, mlp1_batch_norm, mlp1_layer_norm, mlp1_initializer, mlp1_dropout, "
            + "mlp2_hidden_units, mlp2_activation, mlp2_batch_norm, mlp2_layer_norm, mlp2_initializer, mlp2_dropout, "
            + "num_heads, use_fs, fs_hidden_units, fs1_context, fs2_context", FinalMlp.From),
        new("AutoInt", "self-attention between fields, alone or beside a tower (AutoInt+)", "Song et al. 2019",
            Tower + ", attention_layers, attention_dim, num_heads, use_residual, use_scale, use_wide", AutoInt.From),
        new("xDeepFM", "compressed interaction network beside a tower", "Lian et al. 2018", Tower + ", cin_hidden_units", XDeepFm.From),
        new("MaskNet", "blocks masked by the row itself, serial or parallel", "Wang et al. 2021",
            "hidden_units, activation, dropout, model_type, parallel_num_blocks, parallel_block_dim, reduction_ratio, emb_layernorm, net_layernorm",
            MaskNet.From),
        new("FinalNet", "one or two towers of factorised interaction layers", "Zhu et al. 2023",
            "block_type, batch_norm, batch_norm_scale, use_feature_gating, residual_type, block1_hidden_units, block1_activation, block1_dropout, "
            + "block2_hidden_units, block2_activation, block2_dropout", FinalNet.From),
        new("GDCN", "gated cross network beside or below a tower", "Wang et al. 2023", Tower + ", cross_layers, structure", Gdcn.From),
        new("LCN", "linear cross network with self-mask, no tower", "Li et al. 2024", "cross_layers, layer_norm, batch_norm, batch_norm_scale, dropout", LinearCrossNetwork.From),
        new("ECN", "exponential cross network with self-mask, no tower", "Li et al. 2024", "cross_layers, layer_norm, batch_norm, batch_norm_scale, dropout",
            ExponentialCrossNetwork.From),
        new("AFN", "logarithmic neurons: products of fields to learned powers, alone or beside a tower (AFN+)", "Cheng et al. 2020",
            "hidden_units, activation, dropout, batch_norm, batch_norm_scale, afn_hidden_units, afn_activation, afn_dropout, logarithmic_neurons",
            AdaptiveFactorizationNetwork.From),
        new("AFM", "factorization machine with attention over pairs", "Xiao et al. 2017", "attention_dim, attention_dropout", Afm.From),
        new("FFM", "field-aware factorization machine: a vector a feature for each other field", "Juan et al. 2016", "none", _ => new Ffm()),
        new("DLRM", "a tower over pairwise products, numeric columns through a tower of their own", "Naumov et al. 2019",
            "interaction_op, batch_norm, batch_norm_scale, top_hidden_units, top_activation, top_dropout, bottom_hidden_units, bottom_activation, bottom_dropout",
            Dlrm.From),
    ];

    /// <summary>Reads one member of an experiment: the key <c>model</c> and the options of that model.</summary>
    /// <exception cref="ConsortException">No such model; the message names the nearest.</exception>
    public static CtrModel Create(OptionMap options)
    {
        var choices = Entries.ToDictionary(e => e.Name, e => e, StringComparer.OrdinalIgnoreCase);
        if (!options.Has("model"))
            throw options.Error("model", $"found nothing, expected one of {string.Join(", ", Entries.Select(e => e.Name))}");
        var entry = options.Choice("model", Entries[0], choices);
        var model = entry.Create(options);
        return entry.Keys.Contains(ScaleKey, StringComparison.Ordinal)
            ? model with { BatchNormScale = options.Choice(ScaleKey, Initializer.One, Scales) }
            : model;
    }
}
