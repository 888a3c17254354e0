namespace Consort.Import;

/// <summary>A model of FuxiCTR: its class and what its keys become.</summary>
/// <param name="Name">The class.</param>
/// <param name="Model">The name in our zoo.</param>
/// <param name="Keys">Its keys.</param>
/// <param name="Rest">What is left to do once they are read, or null.</param>
internal sealed record FuxiCtrModel(string Name, string Model, IReadOnlyList<KeyRule> Keys, Action<ModelImport>? Rest = null)
{
    /// <summary>D where the file says nothing.</summary>
    public int Dimension { get; init; } = 10;
}

/// <summary>The models of FuxiCTR that the zoo has too, by the names that FuxiCTR 1 and 2 and BARS know, with FuxiCTR's defaults.</summary>
internal static class FuxiCtrModels
{
    private const string None = "[]";
    private const string Narrow = "[64, 64, 64]";

    private static readonly FuxiCtrModel[] All =
    [
        new("LR", "LR", []),
        new("FM", "FM", [], m => m.NoEmbeddingDropout()),
        new("FFM", "FFM", [], m => m.NoEmbeddingDropout()) { Dimension = 2 },
        new("FFMv2", "FFM", [], m => m.NoEmbeddingDropout()) { Dimension = 2 },
        new("FwFM", "FwFM", Alike("linear_type")),
        new("AFM", "AFM", Alike("attention_dim"), FuxiCtrSpecials.Afm),
        new("NFM", "NFM", Tower(Narrow), m => m.NoEmbeddingDropout()),
        new("DNN", "DNN", Tower(Narrow)),
        new("WideDeep", "WideDeep", Tower(Narrow)),
        new("DeepFM", "DeepFM", Tower(Narrow)),
        new("PNN", "PNN", [.. Tower(Narrow), .. Alike("product_type")], m => m.NoEmbeddingDropout()),
        new("IPNN", "PNN", [.. Tower(Narrow), .. Alike("product_type")], m => m.NoEmbeddingDropout()),
        new("OPNN", "PNN", [.. Tower(Narrow), new("product_type", "product_type") { Fallback = "outer" }], m => m.NoEmbeddingDropout()),
        new("DCN", "DCN", [.. Deep(None), Cross]),
        new("DCNv2", "DCNv2",
        [
            Cross, new("structure", "model_structure"), new("activation", "dnn_activations"), .. Alike("batch_norm"),
            new("dropout", "net_dropout"),
            .. Alike("use_low_rank_mixture", "low_rank", "num_experts"),
        ], FuxiCtrSpecials.DcnV2),
        new("xDeepFM", "xDeepFM", [.. Deep(Narrow), new("cin_hidden_units", "cin_hidden_units", "cin_layer_units")]),
        new("AutoInt", "AutoInt", [.. Deep(Narrow),
            .. Alike("attention_layers", "attention_dim", "num_heads", "use_residual", "use_scale", "layer_norm", "use_wide")]),
        new("FiGNN", "FiGNN", Alike("gnn_layers", "use_residual", "use_gru", "reuse_graph_layer")),
        new("FiBiNET", "FiBiNET", [.. Tower(None), .. Alike("bilinear_type", "reduction_ratio")],
            m => m.Require("excitation_activation", v => v.Text.Equals("relu", StringComparison.OrdinalIgnoreCase),
                "the second layer of SENET has ReLU")),
        new("AFN", "AFN",
        [
            .. Alike("logarithmic_neurons", "afn_hidden_units"), new("afn_activation", "afn_activations"), .. Alike("afn_dropout"),
            new("hidden_units", "dnn_hidden_units") { Fallback = Narrow }, new("activation", "dnn_activations"),
            new("dropout", "dnn_dropout"), .. Alike("batch_norm"),
        ], FuxiCtrSpecials.Afn),
        new("MaskNet", "MaskNet",
        [
            new("model_type", "model_type")
            {
                Words = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["SerialMaskNet"] = "serial",
                    ["ParallelMaskNet"] = "parallel" },
            },
            .. Alike("parallel_num_blocks", "parallel_block_dim", "reduction_ratio", "emb_layernorm", "net_layernorm"),
            new("hidden_units", "dnn_hidden_units"), new("activation", "dnn_hidden_activations", "dnn_activations"),
            new("dropout", "net_dropout"),
        ]),
        new("DLRM", "DLRM", [.. Alike("interaction_op"), .. Mlp("top"), .. Mlp("bottom"), .. Alike("batch_norm")]),
        new("FinalMLP", "FinalMLP", [.. Numbered("mlp1"), .. Numbered("mlp2"),
            .. Alike("num_heads", "use_fs", "fs_hidden_units", "fs1_context", "fs2_context")]),
        new("FinalNet", "FinalNet", FinalNet, FuxiCtrSpecials.FinalNet),
        new("FINAL", "FinalNet", FinalNet, FuxiCtrSpecials.FinalNet),
        new("GDCNP", "GDCN", [.. Deep(None), Cross, new("structure")]),
        new("GDCN", "GDCN", [.. Deep(None), Cross, new("structure") { Fallback = "stacked" }]),
        new("DIN", "DIN",
            [.. Deep("[512, 128, 64]"), .. Attention("[64]", "dice"), new("use_softmax", "din_use_softmax")], FuxiCtrHistories.Din),
        new("DIEN", "DIEN",
        [
            .. Normalised("[200, 80]", "relu"), .. Attention("[80, 40]", "dice"), new("use_softmax", "use_attention_softmax"),
            .. Alike("enable_sum_pooling"), new("gru_type", "gru_type") { Words = Same("AUGRU", "AGRU", "AIGRU") },
            .. Auxiliary("aux_loss_alpha"),
        ], FuxiCtrHistories.Dien) { Dimension = 16 },
        new("BST", "BST",
        [
            .. Deep("[256, 128, 64]"), .. Alike("num_heads", "layer_norm", "use_residual", "use_position_emb"),
            new("transformer_blocks", "stacked_transformer_layers"), new("transformer_dropout", "net_dropout"),
            new("seq_pooling_type", "seq_pooling_type") { Fallback = "mean", Words = Same("target", "mean", "sum") },
        ], FuxiCtrHistories.Bst),
        new("DMIN", "DMIN",
        [
            .. Normalised("[512, 128, 64]", "dice"), .. Attention("[80, 40]", "relu"), new("transformer_dropout", "net_dropout"),
            new("num_heads", "num_heads") { Fallback = "4" },
            .. Alike("layer_norm", "use_behavior_refiner", "use_pos_emb", "pos_emb_dim", "enable_sum_pooling"),
            .. Auxiliary("aux_loss_lambda"),
        ], FuxiCtrHistories.Dmin),
    ];

    /// <summary>The names of these models.</summary>
    public static IEnumerable<string> Names => All.Select(m => m.Name);

    private static KeyRule Cross => new("cross_layers", "num_cross_layers", "crossing_layers");

    private static KeyRule[] FinalNet =>
        [
            .. Alike("batch_norm"), new("use_feature_gating", "use_feature_gating", "use_field_gate"), .. Alike("residual_type"),
            .. Block("block1"), .. Block("block2"),
        ];

    /// <summary>A model by FuxiCTR's name, or null.</summary>
    public static FuxiCtrModel? Find(string name) => Array.Find(All, m => m.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    // Options that FuxiCTR calls so too.
    private static KeyRule[] Alike(params string[] keys) => [.. keys.Select(k => new KeyRule(k, k))];

    private static KeyRule[] Tower(string units) =>
        [new("hidden_units", "hidden_units") { Fallback = units }, new("activation", "hidden_activations"), .. Alike("batch_norm"),
            new("dropout", "net_dropout")];

    private static KeyRule[] Deep(string units) =>
        [
            new("hidden_units", "dnn_hidden_units", "hidden_units") { Fallback = units },
            new("activation", "dnn_activations", "hidden_activations"), .. Alike("batch_norm"),
            new("dropout", "net_dropout"),
        ];

    // A tower with batch norm where the file says nothing.
    private static KeyRule[] Normalised(string units, string activation) =>
        [
            new("hidden_units", "dnn_hidden_units") { Fallback = units }, new("activation", "dnn_activations") { Fallback = activation },
            new("batch_norm", "batch_norm") { Fallback = "true" }, new("dropout", "net_dropout"),
        ];

    private static KeyRule[] Attention(string units, string activation) =>
        [
            new("attention_hidden_units", "attention_hidden_units") { Fallback = units },
            new("attention_activation", "attention_hidden_activations", "attention_activation") { Fallback = activation },
            .. Alike("attention_dropout"),
        ];

    private static KeyRule[] Auxiliary(string weight) =>
        [new("auxiliary", weight), new("auxiliary_hidden_units", "aux_hidden_units")];

    private static Dictionary<string, string> Same(params string[] words) => words.ToDictionary(w => w, StringComparer.OrdinalIgnoreCase);

    private static KeyRule[] Numbered(string tower) => [.. Block(tower), .. Alike($"{tower}_batch_norm")];

    private static KeyRule[] Block(string block) =>
        [.. Alike($"{block}_hidden_units"), new($"{block}_activation", $"{block}_hidden_activations"), .. Alike($"{block}_dropout")];

    private static KeyRule[] Mlp(string tower) =>
        [new($"{tower}_hidden_units", $"{tower}_mlp_units"), new($"{tower}_activation", $"{tower}_mlp_activations"),
            new($"{tower}_dropout", $"{tower}_mlp_dropout")];
}
