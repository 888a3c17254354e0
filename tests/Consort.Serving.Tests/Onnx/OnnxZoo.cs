using Consort.Foundation.Options;
using Consort.Models;
using Consort.Models.Embeddings;
using Consort.Models.Tests;
using Consort.Onnx;

namespace Consort.Serving.Tests.Onnx;

/// <summary>The models of the zoo as they are exported, and what their programs say of the same rows.</summary>
internal static class OnnxZoo
{
    // Options that the cases of the zoo leave aside.
    private static readonly (string Name, string Options)[] Variants =
    [
        ("DCNv2", "cross_layers: 2, structure: crossnet_only"),
        ("DCNv2", "cross_layers: 2, structure: stacked, use_low_rank_mixture: true, hidden_units: [16, 5]"),
        ("DNN", "hidden_units: [16, 5], activation: prelu"),
        ("DNN", "hidden_units: [16, 5], activation: dice"),
        ("DNN", "hidden_units: [16, 5], activation: gelu, batch_norm: true"),
        ("FiBiNET", "hidden_units: [8], bilinear_type: field_each"),
        ("AutoInt", "attention_dim: 4, use_residual: false, layer_norm: true"),
        ("MaskNet", "model_type: serial, hidden_units: [6, 4], emb_layernorm: false, net_layernorm: false, activation: prelu"),
        ("FinalNet", "block1_hidden_units: [8], block2_hidden_units: [6], block1_activation: dice"),
        ("DLRM", "interaction_op: dot, top_hidden_units: [], bottom_hidden_units: []"),
        ("DIN", "hidden_units: [16, 5], attention_hidden_units: [6], use_softmax: true"),
        ("DIEN", "hidden_units: [16, 5], attention_hidden_units: [6], gru_type: AGRU, use_softmax: false"),
        ("BST", "hidden_units: [16, 5], num_heads: 4, seq_pooling_type: sum, use_position_emb: false"),
        ("BST", "hidden_units: [16, 5], transformer_blocks: 2, layer_norm: false, use_residual: false"),
        ("DMIN", "hidden_units: [16, 5], num_heads: 4, attention_hidden_units: [6], layer_norm: false"),
        ("DMIN", "hidden_units: [16, 5], num_heads: 2, attention_hidden_units: [6], auxiliary: 1"),
        ("DIEN", "hidden_units: [16, 5], attention_hidden_units: [6], auxiliary: 1"),
        ("SIM", "hidden_units: [16, 5], top_k: 1, search_dim: 3, num_heads: 4"),
        ("SIM", "hidden_units: [16, 5], top_k: 50, num_heads: 2, use_position_emb: false"),
        ("BST", "hidden_units: [16, 5], num_heads: 4, positions: time"),
        ("BST", "hidden_units: [16, 5], num_heads: 4, transformer_blocks: 2, positions: time, seq_pooling_type: mean"),
        ("DMIN", "hidden_units: [16, 5], num_heads: 2, attention_hidden_units: [6], positions: time"),
        ("SIM", "hidden_units: [16, 5], top_k: 2, num_heads: 2, positions: time"),
    ];

    /// <summary>Every model plainly, with everything that regularises, and in variants.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. ModelCatalogue.Entries.Select(e => e.Name), .. ModelCatalogue.Entries.Select(e => $"{e.Name}, regularised"),
        .. Variants.Select(v => $"{v.Name}: {v.Options}"),
    ];

    public static Family Of(string name, int members = 1)
    {
        if (name.Split(": ", 2) is [var model, var options])
            return new Family(
                new EmbeddingOptions { Dimension = 4, InitialDeviation = 0.1 },
                [ModelCatalogue.Create(OptionMap.Parse($"{{ model: {model}, {options} }}", "variant"))]);
        return ModelCase.Of(name.Split(',')[0]).Family(name.EndsWith("regularised", StringComparison.Ordinal), members, dimension: 4);
    }

    /// <summary>A family with numbers at which every part of it matters.</summary>
    public static Rig<float> Rig(Family family, ClickRows rows)
    {
        var rig = new Rig<float>(family, rows.Encoder.Space, ClickRows.Count);
        rig.Randomise(5, 0.3);
        rows.Fill(rig);
        return rig;
    }

    public static OnnxContent Content(Rig<float> rig, ClickRows rows, OnnxInput input) => new()
    {
        Name = "zoo",
        Graph = rig.Graph,
        Store = rig.Store,
        Encoder = rows.Encoder,
        Members = [.. Enumerable.Range(0, rig.Graph.Outputs.Count)],
        Options = new OnnxOptions { Input = input, WithMembers = true },
    };

    /// <summary>The logits of all members, [B, M], after one pass.</summary>
    public static float[][] Logits(Rig<float> rig)
    {
        rig.Logits(ClickRows.Count);
        return [.. Enumerable.Range(0, ClickRows.Count)
            .Select(row => Enumerable.Range(0, rig.Program.Members).Select(m => rig.Program.Logits(m)[row]).ToArray())];
    }

    public static double Sigmoid(double logit) => 1 / (1 + Math.Exp(-logit));
}
