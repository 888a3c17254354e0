using Consort.Experiments.Files;
using Consort.Import;
using Consort.Models;
using Consort.Models.Embeddings;
using Consort.Models.Layers;

namespace Consort.Experiments.Tests.Import;

public sealed class FuxiCtrModelTests
{
    // FuxiCTR's keys, and our member as it should come out.
    [Theory]
    [InlineData("model: LR", "model: LR")]
    [InlineData("model: FM, embedding_dropout: 0", "model: FM")]
    [InlineData("model: FFM", "model: FFM")]
    [InlineData("model: FwFM, linear_type: FeLV", "model: FwFM, linear_type: FeLV")]
    [InlineData("model: AFM, attention_dim: 6, attention_dropout: [0.1, 0.2], use_attention: True",
        "model: AFM, attention_dim: 6, attention_dropout: [0.1, 0.2]")]
    [InlineData("model: NFM, hidden_units: [9], net_dropout: 0.4", "model: NFM, hidden_units: [9], dropout: 0.4")]
    [InlineData("model: DNN", "model: DNN, hidden_units: [64, 64, 64]")]
    [InlineData("model: WideDeep, hidden_units: [9, 8], hidden_activations: [Dice, Dice]",
        "model: WideDeep, hidden_units: [9, 8], activation: dice")]
    [InlineData("model: PNN, hidden_activations: LeakyReLU", "model: PNN, hidden_units: [64, 64, 64], activation: leaky_relu")]
    [InlineData("model: OPNN, hidden_units: [9]", "model: PNN, hidden_units: [9], product_type: outer")]
    [InlineData("model: DCN, dnn_hidden_units: [9], crossing_layers: 2", "model: DCN, hidden_units: [9], cross_layers: 2")]
    [InlineData("model: DCN, dnn_hidden_units: None, num_cross_layers: 2", "model: DCN, hidden_units: [], cross_layers: 2")]
    [InlineData("model: DCNv2, parallel_dnn_hidden_units: [9], batch_norm: True", "model: DCNv2, hidden_units: [9], batch_norm: true")]
    [InlineData(
        "model: DCNv2, model_structure: stacked, stacked_dnn_hidden_units: [9], use_low_rank_mixture: True, low_rank: 3, num_experts: 2",
        "model: DCNv2, structure: stacked, hidden_units: [9], use_low_rank_mixture: true, low_rank: 3, num_experts: 2")]
    [InlineData("model: xDeepFM, dnn_hidden_units: [9], cin_layer_units: [4, 3]",
        "model: xDeepFM, hidden_units: [9], cin_hidden_units: [4, 3]")]
    [InlineData("model: xDeepFM, dnn_hidden_units: [9], cin_hidden_units: [4]", "model: xDeepFM, hidden_units: [9], cin_hidden_units: [4]")]
    [InlineData(
        "model: AutoInt, dnn_hidden_units: [], attention_layers: 3, attention_dim: 6, num_heads: 2, use_wide: True, layer_norm: True, use_scale: True, use_residual: False",
        "model: AutoInt, attention_layers: 3, attention_dim: 6, num_heads: 2, use_wide: true, layer_norm: true, use_scale: true, use_residual: false")]
    [InlineData(
        "model: FiBiNET, hidden_units: [9], bilinear_type: field_all, reduction_ratio: 2",
        "model: FiBiNET, hidden_units: [9], bilinear_type: field_all, reduction_ratio: 2")]
    [InlineData(
        "model: AFN, ensemble_dnn: False, logarithmic_neurons: 7, afn_hidden_units: [9], dnn_hidden_units: [8]",
        "model: AFN, logarithmic_neurons: 7, afn_hidden_units: [9], hidden_units: []")]
    [InlineData(
        "model: MaskNet, model_type: ParallelMaskNet, parallel_num_blocks: 3, parallel_block_dim: 5, emb_layernorm: False, dnn_hidden_units: [9]",
        "model: MaskNet, model_type: parallel, parallel_num_blocks: 3, parallel_block_dim: 5, emb_layernorm: false, hidden_units: [9], reduction_ratio: 1")]
    [InlineData(
        "model: DLRM, interaction_op: cat, top_mlp_units: [9], bottom_mlp_units: None, top_mlp_dropout: 0.3",
        "model: DLRM, interaction_op: cat, top_hidden_units: [9], bottom_hidden_units: [], top_dropout: 0.3")]
    [InlineData(
        "model: FinalMLP, mlp1_hidden_units: [8], mlp2_hidden_units: [4], num_heads: 2, fs1_context: [user], fs_hidden_units: [5]",
        "model: FinalMLP, mlp1_hidden_units: [8], mlp2_hidden_units: [4], num_heads: 2, fs1_context: [user], fs_hidden_units: [5]")]
    [InlineData(
        "model: FINAL, block_type: 1B, norm_type: BN, use_field_gate: True, block1_hidden_units: [8], block1_hidden_activations: ReLU",
        "model: FinalNet, block_type: 1B, batch_norm: true, use_feature_gating: true, block1_hidden_units: [8], block1_activation: relu")]
    [InlineData("model: GDCNP, dnn_hidden_units: [9], num_cross_layers: 2", "model: GDCN, hidden_units: [9], cross_layers: 2")]
    [InlineData("model: GDCN, dnn_hidden_units: [9], crossing_layers: 2",
        "model: GDCN, structure: stacked, hidden_units: [9], cross_layers: 2")]
    public void Read_AModel_IsTheOneOfTheZoo(string keys, string member)
    {
        using var folder = new FuxiCtrFolder($"a: {{dataset_id: tiny, {keys}}}\n");
        var import = FuxiCtrImport.Read(folder.Config, "a", folder.At("out.yaml"));
        Assert.DoesNotContain(import.Notes, n => n.Loss == ImportLoss.Lost);
        Assert.Equal(Members($"data: {{ encoded: x }}\nmembers: [{{ {member} }}]\n"), Members(import.ExperimentText));
    }

    [Fact]
    public void Read_FinalNetOfTwoBlocks_IsTwoMembersThatLearnFromTheirMean()
    {
        using var folder = new FuxiCtrFolder(
            "a: {dataset_id: tiny, model: FinalNet, block1_hidden_units: [8], block2_hidden_units: [6], use_feature_gating: True}\n");
        var import = FuxiCtrImport.Read(folder.Config, "a", folder.At("out.yaml"));
        var expected = """
            data: { encoded: x }
            members:
              - { model: FinalNet, block_type: 1B, use_feature_gating: true, block1_hidden_units: [8] }
              - { model: FinalNet, block_type: 1B, block1_hidden_units: [6] }
            """;
        Assert.Equal(Members(expected), Members(import.ExperimentText));
        Assert.Contains("self_distillation: 1", import.ExperimentText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model: DeepFM, hidden_units: [9, 8], net_dropout: [0.1, 0.2]", "net_dropout")]
    [InlineData("model: DeepFM, hidden_activations: Swish9", "hidden_activations")]
    [InlineData("model: AFM, use_attention: False", "use_attention")]
    [InlineData("model: PNN, embedding_dropout: 0.1", "embedding_dropout")]
    [InlineData("model: FiBiNET, excitation_activation: Sigmoid", "excitation_activation")]
    [InlineData("model: DCNv2, model_structure: stacked_parallel, parallel_dnn_hidden_units: [9], stacked_dnn_hidden_units: [8]",
        "stacked_dnn_hidden_units")]
    [InlineData("model: LR, optimizer: RMSprop", "optimizer")]
    [InlineData("model: LR, shuffle: False", "shuffle")]
    [InlineData("model: LR, save_best_only: False", "save_best_only")]
    [InlineData("model: LR, eval_steps: 100", "eval_steps")]
    [InlineData("model: LR, every_x_epochs: 2", "every_x_epochs")]
    [InlineData("model: LR, embedding_initializer: torch.nn.init.ones_", "embedding_initializer")]
    public void Read_AKeyThatIsNotCarriedOver_IsNamed(string keys, string lost)
    {
        using var folder = new FuxiCtrFolder($"a: {{dataset_id: tiny, {keys}}}\n");
        var import = FuxiCtrImport.Read(folder.Config, "a", folder.At("out.yaml"));
        Assert.Equal([lost], import.Notes.Where(n => n.Loss == ImportLoss.Lost).Select(n => n.Key));
    }

    [Fact]
    public void Read_DeviationOfEmbeddings_IsCarriedOver()
    {
        using var folder = new FuxiCtrFolder(
            "a: {dataset_id: tiny, model: LR, embedding_initializer: 'partial(nn.init.normal_, std=1e-3)'}\n");
        var import = FuxiCtrImport.Read(folder.Config, "a", folder.At("out.yaml"));
        Assert.Equal(1e-3, Experiment.Parse(import.ExperimentText, "a", folder: null).Family.Embeddings.InitialDeviation);
    }

    // Models are records, some of them with lists; their graphs tell them apart.
    private static string[] Members(string text) => [.. Experiment.Parse(text, "members", folder: null).Family.Members.Select(Describe)];

    private static string Describe(CtrModel model)
    {
        var space = new Consort.Data.Schemas.FeatureSpace([new("user", 0, 5), new("item", 5, 7)], ["price"]);
        var graph = new Family(new EmbeddingOptions { Dimension = 6 }, [model]).Build(space);
        return $"{model} {string.Join(" ", graph.Parameters)} {string.Join(" ", graph.Tables)} {graph.Values.Count}";
    }
}
