using Consort.Foundation.Options;
using Consort.Models.Embeddings;

namespace Consort.Models.Tests;

/// <summary>Options of models that the two cases of the shared contract leave aside.</summary>
public sealed class ModelVariantTests
{
    // What stands in the place of the case's own options; the formula is that of the case unless named otherwise.
    public static TheoryData<string, string, int> Variants => new()
    {
        { "DCNv2", "cross_layers: 2, structure: parallel, hidden_units: [16, 5]", 3 },
        { "DCNv2", "cross_layers: 2, structure: crossnet_only", 3 },
        { "DCNv2", "cross_layers: 2, structure: stacked, use_low_rank_mixture: true, hidden_units: [16, 5]", 3 },
        { "DCNv2", "cross_layers: 2, structure: stacked, embedding_sets: 3, hidden_units: [16, 5]", 3 },
        { "DCNv2", "cross_layers: 2, structure: crossnet_only, embedding_sets: 2, use_low_rank_mixture: true, low_rank: 4", 3 },
        { "DNN", "hidden_units: [16, 5], activation: prelu", 3 },
        { "DNN", "hidden_units: [16, 5], activation: dice, dropout: 0.2", 3 },
        { "DNN", "hidden_units: [16, 5], activation: gelu", 3 },
        { "DNN", "hidden_units: [16, 5], activation: leaky_relu, batch_norm: true", 3 },
        { "DNN", "hidden_units: [16, 5], layer_norm: true, initializer: he_uniform", 3 },
        { "TabM", "hidden_units: [16, 5], adapter: input, mini: true", 3 },
        { "TabM", "hidden_units: [16, 5], adapter: field, mini: true, layer_norm: true", 3 },
        { "TabM", "hidden_units: [7], adapter: field, activation: prelu", 4 },
        { "PNN", "hidden_units: [16, 5], product_type: outer", 3 },
        { "AutoInt", "attention_dim: 4, use_residual: false", 4 },
        { "AutoInt", "attention_dim: 4, num_heads: 4, dropout: 0.2", 4 },
        { "FiGNN", "gnn_layers: 3, reuse_graph_layer: true", 4 },
        { "FiGNN", "gnn_layers: 1, use_residual: false", 10 },
        { "xDeepFM", "cin_hidden_units: [5, 4, 3], hidden_units: []", 3 },
        { "MaskNet", "model_type: serial, hidden_units: [6, 4], emb_layernorm: false, net_layernorm: false, activation: prelu", 4 },
        { "FinalNet", "block1_hidden_units: [8], block2_hidden_units: [6], block1_activation: dice", 3 },
        { "ECN", "cross_layers: 2, layer_norm: false", 4 },
        { "LCN", "cross_layers: 3, batch_norm: true, layer_norm: false", 4 },
        { "DLRM", "interaction_op: dot, top_hidden_units: [], bottom_hidden_units: []", 3 },
        { "AFN", "afn_hidden_units: [], hidden_units: [5]", 3 },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void Backward_Variant_EqualsFiniteDifferences(string name, string options, int dimension)
    {
        const int Rows = 3;
        using var rig = new Rig<double>(Of(name, options, dimension), Spaces.Mixed, Rows);
        rig.Randomise(3);
        rig.Draw(Rows, 4);
        Assert.InRange(Gradients.LargestError(rig, Rows), 0, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Train_Variant_FollowsTheLabels(string name, string options, int dimension)
    {
        const int Rows = 40;
        using var rig = new Rig<float>(Of(name, options, dimension), Spaces.Mixed, Rows);
        rig.Draw(Rows, 1);
        var before = rig.Train(Rows, 0);
        for (ulong step = 1; step < 60; step++)
            rig.Train(Rows, step);
        Assert.InRange(rig.Train(Rows, 60), 0, before * 0.95);
    }

    [Theory]
    [InlineData("AutoInt", "attention_dim: 10\nnum_heads: 4",
        "exp.yaml:2, key attention_dim: found 10, expected a number that num_heads 4 divides")]
    [InlineData("FinalNet", "block1_hidden_units: [4, 7]", "exp.yaml:2, key block1_hidden_units: found 7, expected even widths")]
    [InlineData("xDeepFM", "cin_hidden_units: []", "exp.yaml:2, key cin_hidden_units: found no layers, expected at least one")]
    [InlineData("AFM", "attention_dropout: [0.1, 0.1, 0.1]", "exp.yaml:2, key attention_dropout: found 3 numbers, expected one or two")]
    [InlineData("DNN", "batch_norm: true\nlayer_norm: true",
        "exp.yaml:3, key layer_norm: found it beside batch_norm, expected one of the two")]
    [InlineData("DNN", "initializer: orthogonal",
        "exp.yaml:2, key initializer: found \"orthogonal\", expected one of xavier_normal, xavier_uniform, he_normal, he_uniform, fan_in_uniform")]
    [InlineData("TabM", "hidden_units: []", "exp.yaml:2, key hidden_units: found no layers, expected at least one that members share")]
    [InlineData("MaskNet", "model_type: sideways", "exp.yaml:2, key model_type: found \"sideways\", expected one of serial, parallel")]
    public void Create_OptionsThatDoNotFit_SaysWhatWould(string name, string options, string message)
    {
        var e = Assert.Throws<ConsortException>(() => ModelCatalogue.Create(OptionMap.Parse($"model: {name}\n{options}", "exp.yaml")));
        Assert.Equal(message, e.Message);
    }

    [Theory]
    [InlineData("FFM")]
    [InlineData("AFM")]
    [InlineData("FiGNN")]
    public void Build_OneColumn_SaysThatPairsAreNeeded(string name)
    {
        var e = Assert.Throws<ConsortException>(() => Of(name, "", 3).Build(Consort.Data.Schemas.FeatureSpace.Of([5])));
        Assert.Equal("a model of pairs of fields: found data with one column, expected at least two", e.Message);
    }

    private static Family Of(string name, string options, int dimension) => new(
        new EmbeddingOptions { Dimension = dimension, InitialDeviation = 0.1 },
        [ModelCatalogue.Create(OptionMap.Parse(options.Length == 0 ? $"model: {name}" : $"{{ model: {name}, {options} }}", "case"))]);
}
