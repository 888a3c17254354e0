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
        new("FwFM", "FwFM", [new("linear_type", KeyForm.Word, "FiLV", "linear_type")]),
        new("AFM", "AFM", [new("attention_dim", KeyForm.Number, "10", "attention_dim")], FuxiCtrSpecials.Afm),
        new("NFM", "NFM", Tower(Narrow), m => m.NoEmbeddingDropout()),
        new("DNN", "DNN", Tower(Narrow)),
        new("WideDeep", "WideDeep", Tower(Narrow)),
        new("DeepFM", "DeepFM", Tower(Narrow)),
        new("PNN", "PNN", [.. Tower(Narrow), new("product_type", KeyForm.Word, "inner", "product_type")], m => m.NoEmbeddingDropout()),
        new("IPNN", "PNN", [.. Tower(Narrow), new("product_type", KeyForm.Word, "inner", "product_type")], m => m.NoEmbeddingDropout()),
        new("OPNN", "PNN", [.. Tower(Narrow), new("product_type", KeyForm.Word, "outer", "product_type")], m => m.NoEmbeddingDropout()),
        new("DCN", "DCN", [.. Deep(None), Cross]),
        new("DCNv2", "DCNv2", [Cross, Structure, .. Activated, .. Mixture], FuxiCtrSpecials.DcnV2),
        new("xDeepFM", "xDeepFM", [.. Deep(Narrow), new("cin_hidden_units", KeyForm.Units, "[16, 16, 16]", "cin_hidden_units", "cin_layer_units")]),
        new("AutoInt", "AutoInt",
        [
            .. Deep(Narrow),
            new("attention_layers", KeyForm.Number, "2", "attention_layers"),
            new("attention_dim", KeyForm.Number, "8", "attention_dim"),
            new("num_heads", KeyForm.Number, "1", "num_heads"),
            new("use_residual", KeyForm.Flag, "true", "use_residual"),
            new("use_scale", KeyForm.Flag, "false", "use_scale"),
            new("layer_norm", KeyForm.Flag, "false", "layer_norm"),
            new("use_wide", KeyForm.Flag, "false", "use_wide"),
        ]),
        new("FiBiNET", "FiBiNET",
        [
            .. Tower(None),
            new("bilinear_type", KeyForm.Word, "field_interaction", "bilinear_type"),
            new("reduction_ratio", KeyForm.Number, "3", "reduction_ratio"),
        ], m => m.Require("excitation_activation", v => v.Text.Equals("relu", StringComparison.OrdinalIgnoreCase), "the second layer of SENET has ReLU")),
        new("AFN", "AFN",
        [
            new("logarithmic_neurons", KeyForm.Number, "5", "logarithmic_neurons"),
            new("afn_hidden_units", KeyForm.Units, Narrow, "afn_hidden_units"),
            new("afn_activation", KeyForm.Activation, "relu", "afn_activations"),
            new("afn_dropout", KeyForm.Rate, "0", "afn_dropout"),
            new("hidden_units", KeyForm.Units, Narrow, "dnn_hidden_units"),
            new("activation", KeyForm.Activation, "relu", "dnn_activations"),
            new("dropout", KeyForm.Rate, "0", "dnn_dropout"),
            new("batch_norm", KeyForm.Flag, "true", "batch_norm"),
        ], FuxiCtrSpecials.Afn),
        new("MaskNet", "MaskNet",
        [
            new("model_type", KeyForm.Word, "serial", "model_type")
            {
                Words = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["SerialMaskNet"] = "serial", ["ParallelMaskNet"] = "parallel" },
            },
            new("parallel_num_blocks", KeyForm.Number, "1", "parallel_num_blocks"),
            new("parallel_block_dim", KeyForm.Number, "64", "parallel_block_dim"),
            new("reduction_ratio", KeyForm.Number, "1", "reduction_ratio"),
            new("emb_layernorm", KeyForm.Flag, "true", "emb_layernorm"),
            new("net_layernorm", KeyForm.Flag, "true", "net_layernorm"),
            new("hidden_units", KeyForm.Units, Narrow, "dnn_hidden_units"),
            new("activation", KeyForm.Activation, "relu", "dnn_hidden_activations", "dnn_activations"),
            new("dropout", KeyForm.Rate, "0", "net_dropout"),
        ]),
        new("DLRM", "DLRM",
        [
            new("interaction_op", KeyForm.Word, "dot", "interaction_op"),
            new("top_hidden_units", KeyForm.Units, Narrow, "top_mlp_units"),
            new("top_activation", KeyForm.Activation, "relu", "top_mlp_activations"),
            new("top_dropout", KeyForm.Rate, "0", "top_mlp_dropout"),
            new("bottom_hidden_units", KeyForm.Units, Narrow, "bottom_mlp_units"),
            new("bottom_activation", KeyForm.Activation, "relu", "bottom_mlp_activations"),
            new("bottom_dropout", KeyForm.Rate, "0", "bottom_mlp_dropout"),
            new("batch_norm", KeyForm.Flag, "false", "batch_norm"),
        ]),
        new("FinalMLP", "FinalMLP",
        [
            .. Numbered("mlp1"),
            .. Numbered("mlp2"),
            new("num_heads", KeyForm.Number, "1", "num_heads"),
            new("use_fs", KeyForm.Flag, "true", "use_fs"),
            new("fs_hidden_units", KeyForm.Units, "[64]", "fs_hidden_units"),
            new("fs1_context", KeyForm.Names, None, "fs1_context"),
            new("fs2_context", KeyForm.Names, None, "fs2_context"),
        ]),
        new("FinalNet", "FinalNet", FinalNet, FuxiCtrSpecials.FinalNet),
        new("FINAL", "FinalNet", FinalNet, FuxiCtrSpecials.FinalNet),
        new("GDCNP", "GDCN", [.. Deep(None), Cross, new("structure", KeyForm.Word, "parallel")]),
        new("GDCN", "GDCN", [.. Deep(None), Cross, new("structure", KeyForm.Word, "stacked")]),
    ];

    /// <summary>The names of these models.</summary>
    public static IEnumerable<string> Names => All.Select(m => m.Name);

    private static KeyRule Cross => new("cross_layers", KeyForm.Number, "3", "num_cross_layers", "crossing_layers");

    private static KeyRule Structure => new("structure", KeyForm.Word, "parallel", "model_structure");

    private static KeyRule[] Activated =>
    [
        new("activation", KeyForm.Activation, "relu", "dnn_activations"),
        new("batch_norm", KeyForm.Flag, "false", "batch_norm"),
        new("dropout", KeyForm.Rate, "0", "net_dropout"),
    ];

    private static KeyRule[] Mixture =>
    [
        new("use_low_rank_mixture", KeyForm.Flag, "false", "use_low_rank_mixture"),
        new("low_rank", KeyForm.Number, "32", "low_rank"),
        new("num_experts", KeyForm.Number, "4", "num_experts"),
    ];

    private static KeyRule[] FinalNet =>
    [
        new("batch_norm", KeyForm.Flag, "true", "batch_norm"),
        new("use_feature_gating", KeyForm.Flag, "false", "use_feature_gating", "use_field_gate"),
        new("residual_type", KeyForm.Word, "concat", "residual_type"),
        new("block1_hidden_units", KeyForm.Units, Narrow, "block1_hidden_units"),
        new("block1_activation", KeyForm.Activation, "none", "block1_hidden_activations"),
        new("block1_dropout", KeyForm.Rate, "0", "block1_dropout"),
        new("block2_hidden_units", KeyForm.Units, Narrow, "block2_hidden_units"),
        new("block2_activation", KeyForm.Activation, "none", "block2_hidden_activations"),
        new("block2_dropout", KeyForm.Rate, "0", "block2_dropout"),
    ];

    /// <summary>A model by FuxiCTR's name, or null.</summary>
    public static FuxiCtrModel? Find(string name) => Array.Find(All, m => m.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static KeyRule[] Tower(string units) =>
    [
        new("hidden_units", KeyForm.Units, units, "hidden_units"),
        new("activation", KeyForm.Activation, "relu", "hidden_activations"),
        new("batch_norm", KeyForm.Flag, "false", "batch_norm"),
        new("dropout", KeyForm.Rate, "0", "net_dropout"),
    ];

    private static KeyRule[] Deep(string units) =>
    [
        new("hidden_units", KeyForm.Units, units, "dnn_hidden_units", "hidden_units"),
        new("activation", KeyForm.Activation, "relu", "dnn_activations", "hidden_activations"),
        new("batch_norm", KeyForm.Flag, "false", "batch_norm"),
        new("dropout", KeyForm.Rate, "0", "net_dropout"),
    ];

    private static KeyRule[] Numbered(string tower) =>
    [
        new($"{tower}_hidden_units", KeyForm.Units, Narrow, $"{tower}_hidden_units"),
        new($"{tower}_activation", KeyForm.Activation, "relu", $"{tower}_hidden_activations"),
        new($"{tower}_batch_norm", KeyForm.Flag, "false", $"{tower}_batch_norm"),
        new($"{tower}_dropout", KeyForm.Rate, "0", $"{tower}_dropout"),
    ];
}
