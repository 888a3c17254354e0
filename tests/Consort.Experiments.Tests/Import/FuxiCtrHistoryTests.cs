using Consort.Data.Schemas;
using Consort.Data.Tests;
using Consort.Experiments.Files;
using Consort.Import;
using Consort.Models;
using Consort.Models.Embeddings;

namespace Consort.Experiments.Tests.Import;

/// <summary>FuxiCTR's models of histories, their keys and what of them has no counterpart.</summary>
public sealed class FuxiCtrHistoryTests
{
    private const string Fields = "target: [user], history: [users]";

    private static readonly FeatureSpace Space = new(
        [new("user", 0, 5), new("item", 5, 7), new("users", 0, 5, new ListShape(4, IsOrdered: true)),
            new("items", 5, 7, new ListShape(4, IsOrdered: true))], ["price"]);

    [Theory]
    [InlineData("model: DIN, din_target_field: user, din_sequence_field: users, attention_output_activation: null",
        $"model: DIN, {Fields}, hidden_units: [512, 128, 64], attention_hidden_units: [64], attention_activation: dice")]
    [InlineData("model: DIN, din_target_field: [user], din_sequence_field: [users], attention_hidden_units: [8, 4], attention_hidden_activations: ReLU, attention_dropout: 0.1, din_use_softmax: True, dnn_hidden_units: [9], dnn_activations: Dice, net_dropout: 0.2, batch_norm: True",
        $"model: DIN, {Fields}, hidden_units: [9], activation: dice, batch_norm: true, dropout: 0.2, attention_hidden_units: [8, 4], attention_activation: relu, attention_dropout: 0.1, use_softmax: true")]
    [InlineData("model: DIN, din_target_field: !!python/tuple [user, item], din_sequence_field: !!python/tuple [users, items], dnn_hidden_units: [9]",
        "model: DIN, target: [user+item], history: [users+items], hidden_units: [9], attention_hidden_units: [64]")]
    [InlineData("model: DIN, din_target_field: [user, item], din_sequence_field: [users, items], dnn_hidden_units: [9]",
        "model: DIN, target: [user, item], history: [users, items], hidden_units: [9], attention_hidden_units: [64]")]
    [InlineData("model: DIN, din_target_field: [!!python/tuple [user, item], item], din_sequence_field: [!!python/tuple [users, items], items], dnn_hidden_units: [9]",
        "model: DIN, target: [user+item, item], history: [users+items, items], hidden_units: [9], attention_hidden_units: [64]")]
    [InlineData("model: DIEN, attention_type: din_attention, dien_target_field: user, dien_sequence_field: users, dien_neg_seq_field: [], aux_loss_alpha: 0, aux_hidden_units: [100, 50]",
        $"model: DIEN, {Fields}, hidden_units: [200, 80], batch_norm: true, attention_hidden_units: [80, 40]")]
    [InlineData("model: DIEN, attention_type: din_attention, dien_target_field: user, dien_sequence_field: users, dien_neg_seq_field: users, aux_loss_alpha: 1, aux_hidden_units: [7], aux_activation: ReLU",
        $"model: DIEN, {Fields}, hidden_units: [200, 80], batch_norm: true, attention_hidden_units: [80, 40], auxiliary: 1, auxiliary_hidden_units: [7]")]
    [InlineData("model: DIEN, attention_type: din_attention, dien_target_field: user, dien_sequence_field: users, gru_type: AGRU, use_attention_softmax: False, enable_sum_pooling: True, attention_hidden_units: [8], attention_activation: ReLU, batch_norm: False",
        $"model: DIEN, {Fields}, hidden_units: [200, 80], attention_hidden_units: [8], attention_activation: relu, gru_type: AGRU, use_softmax: false, enable_sum_pooling: true")]
    [InlineData("model: BST, bst_target_field: user, bst_sequence_field: users", $"model: BST, {Fields}, hidden_units: [256, 128, 64], seq_pooling_type: mean")]
    [InlineData("model: BST, bst_target_field: user, bst_sequence_field: users, num_heads: 4, stacked_transformer_layers: 2, layer_norm: False, use_residual: False, use_position_emb: False, seq_pooling_type: target, net_dropout: 0.1, attention_dropout: 0, use_causal_mask: False",
        $"model: BST, {Fields}, hidden_units: [256, 128, 64], num_heads: 4, transformer_blocks: 2, layer_norm: false, use_residual: false, use_position_emb: false, seq_pooling_type: target, dropout: 0.1, transformer_dropout: 0.1")]
    [InlineData("model: DMIN, target_field: user, sequence_field: users, neg_seq_field: users, aux_loss_lambda: 0.5",
        $"model: DMIN, {Fields}, hidden_units: [512, 128, 64], activation: dice, batch_norm: true, num_heads: 4, attention_hidden_units: [80, 40], auxiliary: 0.5")]
    [InlineData("model: DMIN, target_field: user, sequence_field: users, num_heads: 2, use_pos_emb: False, use_behavior_refiner: False, enable_sum_pooling: True, layer_norm: False, dnn_hidden_units: [9], dnn_activations: ReLU, batch_norm: False, net_dropout: 0.1",
        $"model: DMIN, {Fields}, hidden_units: [9], num_heads: 2, use_pos_emb: false, use_behavior_refiner: false, enable_sum_pooling: true, layer_norm: false, dropout: 0.1, transformer_dropout: 0.1, attention_hidden_units: [80, 40]")]
    public void Read_AModelOfHistories_IsTheOneOfTheZoo(string keys, string member)
    {
        using var folder = new FuxiCtrFolder($"a: {{dataset_id: tiny, {keys}}}\n");
        var import = FuxiCtrImport.Read(folder.Config, "a", folder.At("out.yaml"));
        Assert.DoesNotContain(import.Notes, n => n.Loss == ImportLoss.Lost);
        Assert.Equal(Described($"data: {{ encoded: x }}\nmembers: [{{ {member} }}]\n"), Described(import.ExperimentText));
    }

    [Theory]
    [InlineData("model: DIEN", "attention_type")]
    [InlineData("model: DIEN, attention_type: dot_attention", "attention_type")]
    [InlineData("model: DIEN, attention_type: din_attention, gru_type: GRU", "gru_type")]
    [InlineData("model: DIEN, attention_type: din_attention, aux_activation: Sigmoid", "aux_activation")]
    [InlineData("model: DIN, attention_output_activation: Sigmoid", "attention_output_activation")]
    [InlineData("model: BST, seq_pooling_type: concat", "seq_pooling_type")]
    [InlineData("model: BST, use_causal_mask: True", "use_causal_mask")]
    [InlineData("model: BST, attention_dropout: 0.1", "attention_dropout")]
    [InlineData("model: DMIN, aux_activation: Dice", "aux_activation")]
    public void Read_AKeyThatIsNotCarriedOver_IsNamed(string keys, string lost)
    {
        using var folder = new FuxiCtrFolder($"a: {{dataset_id: tiny, {keys}}}\n");
        var import = FuxiCtrImport.Read(folder.Config, "a", folder.At("out.yaml"));
        Assert.Equal([lost], import.Notes.Where(n => n.Loss == ImportLoss.Lost).Select(n => n.Key));
    }

    [Theory]
    [InlineData("DIN", "attention_hidden_units: [64, 32], attention_activation: dice")]
    [InlineData("BST", "num_heads: 4, layer_norm: false")]
    [InlineData("DIEN", "attention_hidden_units: [64, 32], attention_activation: dice")]
    public void Read_ThePeersOwnFiles_CarriesAllOfTheModel(string model, string options)
    {
        using var folder = new TempFolder();
        foreach (var file in (string[])["dataset_config.yaml", "model_config.yaml"])
            folder.File($"config/{file}", File.ReadAllText(RealData.Find($"ml100k/peer/config/{file}")));
        var import = FuxiCtrImport.Read(folder.At("config"), model, folder.At("out.yaml"));
        Assert.DoesNotContain(import.Notes, n => n.Loss == ImportLoss.Lost && n.Key is not ("metrics" or "group_id" or "monitor"));
        var space = new FeatureSpace([new("item_id", 0, 5), new("item_history", 0, 5, new ListShape(50, IsOrdered: true))], []);
        var member = $"model: {model}, target: [item_id], history: [item_history], hidden_units: [256, 128, 64], {options}";
        Assert.Equal(Described($"data: {{ encoded: x }}\nmembers: [{{ {member} }}]\n", space), Described(import.ExperimentText, space));
    }

    // Models are records, some of them with lists; their graphs tell them apart.
    private static string[] Described(string text, FeatureSpace? space = null) =>
        [.. Experiment.Parse(text, "members", folder: null).Family.Members.Select(model =>
        {
            var graph = new Family(new EmbeddingOptions { Dimension = 4 }, [model]).Build(space ?? Space);
            var name = model.ToString()!.Replace("<>z__ReadOnlyArray`1[System.Int32]", "System.Int32[]", StringComparison.Ordinal);
            return $"{name} {string.Join(' ', graph.Parameters)} {string.Join(' ', graph.Values)}";
        })];
}
