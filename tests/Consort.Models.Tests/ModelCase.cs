using Consort.Data.Schemas;
using Consort.Foundation.Options;
using Consort.Models.Embeddings;
using Consort.Models.Layers;

namespace Consort.Models.Tests;

/// <summary>
/// What the shared contract knows of one catalogue entry: options small enough for a test, and what the literature says of it. A new model
/// is a line in <see cref="All"/> and its formula in <see cref="ScalarModels"/>.
/// </summary>
/// <param name="Name">Its name in the catalogue.</param>
/// <param name="Plain">Options without randomness, YAML.</param>
/// <param name="Regularised">Options with all that differs between training and scoring.</param>
/// <param name="HasInteractions">Whether it can tell a XOR b: what is linear in its features cannot.</param>
/// <param name="Parameters">Trained numbers under the plain options, given V features, F + N fields, N numeric columns, D; of a model that
/// needs histories, without those of <see cref="OfHistory"/>.</param>
internal sealed record ModelCase(
    string Name, string Plain, string Regularised, bool HasInteractions, Func<int, int, int, int, long> Parameters)
{
    /// <summary>Whether members read the family's shared embeddings at all.</summary>
    public bool SharesEmbeddings { get; init; } = true;

    /// <summary>Whether these are those of numeric columns too.</summary>
    public bool SharesNumeric { get; init; } = true;

    /// <summary>Trained numbers that equal members have together besides embeddings, given F + N fields and D.</summary>
    public Func<int, int, long> Common { get; init; } = (_, _) => 0;

    /// <summary>
    /// Of a model that needs histories: the trained numbers of one, and the embeddings that its tower reads in the place of it, given the
    /// columns of its tuple, the most positions and D. Null of any other model.
    /// </summary>
    public Func<int, int, int, (long Parameters, int Fields)>? OfHistory { get; init; }

    private const string Tower = "{ hidden_units: [16, 5] }";
    private const string NoisyTower = "{ hidden_units: [16, 5], activation: silu, batch_norm: true, dropout: 0.3 }";

    public static IReadOnlyList<ModelCase> All { get; } =
    [
        new("LR", "{}", "{}", HasInteractions: false, (v, _, n, _) => v + n + 1) { SharesEmbeddings = false },
        new("FM", "{}", "{}", HasInteractions: true, (v, _, n, d) => v + n + 1 + ((v + n) * d)),
        new("DNN", Tower, NoisyTower, HasInteractions: true, (v, f, n, d) => ((v + n) * d) + Mlp(f * d) + 6),
        new("TabM", Tower, NoisyTower[..^2] + ", adapter: field }", HasInteractions: true,
            (v, f, n, d) => ((v + n) * d) + Mlp(f * d) + (f * d) + 16 + 16 + 5 + 6)
        { Common = (f, d) => (f * d * 16) + (16 * 5) },
        new("DeepFM", Tower, NoisyTower, HasInteractions: true, (v, f, n, d) => v + n + ((v + n) * d) + Mlp(f * d) + 6),
        new("DCN", "{ hidden_units: [16, 5], cross_layers: 2 }",
            "{ hidden_units: [16, 5], activation: silu, batch_norm: true, dropout: 0.3, cross_layers: 2 }",
            HasInteractions: true, (v, f, n, d) => ((v + n) * d) + (2 * 2 * f * d) + Mlp(f * d) + (f * d) + 6),
        new("WideDeep", Tower, NoisyTower, HasInteractions: true, (v, f, n, d) => v + n + ((v + n) * d) + Mlp(f * d) + 6),
        new("NFM", Tower, NoisyTower, HasInteractions: true, (v, _, n, d) => v + n + ((v + n) * d) + Mlp(d) + 6),
        new("FwFM", "{ linear_type: FeLV }", "{ linear_type: FiLV }", HasInteractions: true,
            (v, f, n, d) => (2 * (v + n) * d) + (f * (f - 1) / 2) + 1),
        new("DCNv2", "{ hidden_units: [16, 5], cross_layers: 2, structure: stacked }",
            "{ hidden_units: [16, 5], activation: silu, batch_norm: true, dropout: 0.3, cross_layers: 2, structure: stacked_parallel, "
            + "use_low_rank_mixture: true, low_rank: 4, num_experts: 3 }",
            HasInteractions: true, (v, f, n, d) => ((v + n) * d) + (2 * f * d * ((f * d) + 1)) + Mlp(f * d) + 6),
        new("PNN", Tower, NoisyTower[..^2] + ", product_type: both }", HasInteractions: true,
            (v, f, n, d) => ((v + n) * d) + Mlp((f * d) + (f * (f - 1) / 2)) + 6),
        new("FiBiNET", "{ hidden_units: [16, 5], bilinear_type: field_all, reduction_ratio: 2 }",
            "{ hidden_units: [16, 5], activation: silu, batch_norm: true, dropout: 0.3, bilinear_type: field_interaction }",
            HasInteractions: true, (v, f, n, d) => v + n + ((v + n) * d) + (2 * f * (f / 2)) + (d * d) + Mlp(f * (f - 1) * d) + 6),
        new("FinalMLP", "{ mlp1_hidden_units: [16, 5], mlp2_hidden_units: [16, 5], use_fs: false }",
            "{ mlp1_hidden_units: [8, 6], mlp1_activation: silu, mlp1_batch_norm: true, mlp1_dropout: 0.3, "
            + "mlp2_hidden_units: [7, 4], mlp2_activation: silu, mlp2_batch_norm: true, mlp2_dropout: 0.3, num_heads: 2, fs_hidden_units: [5] }",
            HasInteractions: true, (v, f, n, d) => ((v + n) * d) + (2 * (Mlp(f * d) + 6)) + 25),
        new("AutoInt", "{ attention_layers: 2, attention_dim: 6, num_heads: 2 }",
            "{ hidden_units: [16, 5], activation: silu, batch_norm: true, dropout: 0.3, attention_layers: 2, attention_dim: 6, num_heads: 2, "
            + "use_scale: true, layer_norm: true, use_wide: true }",
            HasInteractions: true, (v, f, n, d) => ((v + n) * d) + (4 * 6 * d) + (3 * 6 * 6) + (6 * f) + 1),
        new("FiGNN", "{ gnn_layers: 2 }", "{ gnn_layers: 2, use_gru: false, reuse_graph_layer: true }", HasInteractions: true,
            (v, f, n, d) => ((v + n) * d) + (2 * d) + (2 * ((2 * f * d * d) + d)) + (2 * 3 * d * (d + 1)) + d + (f * f * d)),
        new("xDeepFM", "{ hidden_units: [16, 5], cin_hidden_units: [4, 3] }",
            "{ hidden_units: [16, 5], activation: silu, batch_norm: true, dropout: 0.3, cin_hidden_units: [4, 3] }",
            HasInteractions: true, (v, f, n, d) => v + n + ((v + n) * d) + (4 * ((f * f) + 1)) + (3 * ((4 * f) + 1)) + 8 + Mlp(f * d) + 6),
        new("MaskNet", "{ hidden_units: [16, 5], model_type: serial }",
            "{ hidden_units: [16, 5], model_type: parallel, parallel_num_blocks: 2, parallel_block_dim: 4, reduction_ratio: 0.5, activation: silu, dropout: 0.3 }",
            HasInteractions: true, (v, f, n, d) => ((v + n) * d) + (2 * f * d)
                + Mask(f * d, f * d, 16) + Mask(f * d, 16, 5) + 6),
        new("FinalNet", "{ block1_hidden_units: [16, 6], block_type: 1B, batch_norm: false, block1_activation: relu }",
            "{ block1_hidden_units: [16, 6], block1_activation: silu, block1_dropout: 0.3, block2_hidden_units: [7], block2_activation: silu, "
            + "residual_type: sum, use_feature_gating: true }",
            HasInteractions: true, (v, f, n, d) => ((v + n) * d) + (((f * d) + 1) * 16) + (17 * 6) + 7),
        new("GDCN", "{ hidden_units: [16, 5], cross_layers: 2, structure: stacked }",
            "{ hidden_units: [16, 5], activation: silu, batch_norm: true, dropout: 0.3, cross_layers: 2 }",
            HasInteractions: true, (v, f, n, d) => ((v + n) * d) + (2 * f * d * ((2 * f * d) + 1)) + Mlp(f * d) + 6),
        new("LCN", "{ cross_layers: 2 }", "{ cross_layers: 2, batch_norm: true, dropout: 0.3 }", HasInteractions: true, SelfMasked),
        new("ECN", "{ cross_layers: 2 }", "{ cross_layers: 2, batch_norm: true, dropout: 0.3 }", HasInteractions: true, SelfMasked),
        new("AFN", "{ afn_hidden_units: [16, 5], batch_norm: false, logarithmic_neurons: 4 }",
            "{ afn_hidden_units: [16, 5], afn_activation: silu, afn_dropout: 0.3, hidden_units: [16, 5], activation: silu, dropout: 0.3, logarithmic_neurons: 4 }",
            HasInteractions: true, (v, f, n, d) => ((v + n) * d) + (2 * f) + (4 * f) + 8 + Mlp(4 * d) + 6),
        new("AFM", "{ attention_dim: 5 }", "{ attention_dim: 5, attention_dropout: [0.3, 0.2] }",
            HasInteractions: true, (v, f, n, d) => v + n + ((v + n) * d) + (5 * (d + 2)) + d + 1),
        new("FFM", "{}", "{}", HasInteractions: true, (v, f, n, d) => v + n + 1 + ((v + n) * (f - 1) * d)) { SharesEmbeddings = false },
        new("DLRM", "{ top_hidden_units: [16, 5], bottom_hidden_units: [16, 5] }",
            "{ top_hidden_units: [16, 5], top_activation: silu, top_dropout: 0.3, bottom_hidden_units: [16, 5], bottom_activation: silu, "
            + "bottom_dropout: 0.3, batch_norm: true, interaction_op: cat }",
            HasInteractions: true, Recommendation) { SharesNumeric = false },
        new("DIN", "{ hidden_units: [16, 5], attention_hidden_units: [6], attention_activation: relu }",
            NoisyTower[..^2] + ", attention_hidden_units: [6, 4], attention_dropout: 0.2, use_softmax: true }",
            HasInteractions: true, Beside) { OfHistory = (t, _, d) => (Scores(t * d), t) },
        new("DIEN", "{ hidden_units: [16, 5], attention_hidden_units: [6], attention_activation: relu }",
            NoisyTower[..^2] + ", attention_hidden_units: [6, 4], attention_dropout: 0.2, gru_type: AIGRU, enable_sum_pooling: true }",
            HasInteractions: true, Beside) { OfHistory = (t, _, d) => (Scores(t * d) + (2 * 6 * t * d * ((t * d) + 1)), t) },
        new("BST", Tower, NoisyTower[..^2] + ", transformer_blocks: 2, transformer_dropout: 0.2, seq_pooling_type: mean }",
            HasInteractions: true, Beside) { OfHistory = (t, l, d) => (((l + 1) * d) + Block((t + 1) * d), t + 1) },
        new("DMIN", "{ hidden_units: [16, 5], num_heads: 1, attention_hidden_units: [6] }",
            NoisyTower[..^2] + ", num_heads: 1, attention_hidden_units: [6, 4], attention_activation: dice, attention_dropout: 0.2, "
            + "transformer_dropout: 0.2, use_pos_emb: false, enable_sum_pooling: true }",
            HasInteractions: true, Beside) { OfHistory = (t, l, d) => (OneInterest(t * d, l), t) },
        new("SIM", "{ hidden_units: [16, 5], top_k: 2, num_heads: 1 }",
            NoisyTower[..^2] + ", top_k: 2, num_heads: 1, search_dim: 5, use_position_emb: false }",
            HasInteractions: true, Beside) { OfHistory = (t, l, d) => ((l * d) + Asked(t * d, (t + 1) * d), t + 1) },
    ];

    /// <summary>Every entry of the catalogue; one without a case fails <see cref="ModelContractTests"/>.</summary>
    public static TheoryData<string> Names => [.. ModelCatalogue.Entries.Select(e => e.Name)];

    public static ModelCase Of(string name) => All.Single(c => c.Name == name);

    /// <summary>Trained numbers of one member alone, under the plain options.</summary>
    public long ParametersIn(FeatureSpace space, int dimension)
    {
        var histories = OfHistory is null
            ? [] : space.Categorical.Where(c => c.List is not null).Select(c => OfHistory(1, c.Length, dimension)).ToArray();
        var fields = space.Categorical.Count + space.Numeric.Count + histories.Sum(h => h.Fields - 1);
        return Parameters(space.Features, fields, space.Numeric.Count, dimension) + histories.Sum(h => h.Parameters);
    }

    public CtrModel Model(bool regularised = false)
    {
        var options = OptionMap.Parse(regularised ? Regularised : Plain, "case");
        var model = ModelCatalogue.Entries.Single(e => e.Name == Name).Create(options);
        options.Close();
        return model;
    }

    public Family Family(bool regularised = false, int members = 1, bool shared = true, int dimension = 3, double deviation = 0.1) =>
        new(new EmbeddingOptions { Dimension = dimension, Shared = shared, InitialDeviation = deviation },
            [.. Enumerable.Repeat(Model(regularised), members)]);

    // mask in → n → n with biases, then n → width without, and layer norm
    private static long Mask(int input, int size, int width) => ((input + 1) * size) + ((size + 1) * size) + (size * width) + (2 * width);

    // Numeric columns go through a tower to one more field.
    private static long Recommendation(int v, int f, int n, int d)
    {
        var fields = f - n + Math.Min(n, 1);
        var upper = fields == 1 ? d : (fields * (fields - 1) / 2) + (Math.Min(n, 1) * d);
        return (v * d) + (n == 0 ? 0 : Mlp(n) + (6 * d)) + Mlp(upper) + 6;
    }

    // Two layers: n → ⌈n/2⌉ without bias, layer norm, b
    private static long SelfMasked(int v, int f, int n, int d)
    {
        var (width, half) = (f * d, ((f * d) + 1) / 2);
        return ((v + n) * d) + (2 * ((width * half) + (2 * half) + width)) + width + 1;
    }

    // A tower that reads everything side by side.
    private static long Beside(int v, int f, int n, int d) => ((v + n) * d) + Mlp(f * d) + 6;

    // [e_t, e_l, e_t − e_l, e_t ⊙ e_l] → 6 → 1 with biases
    private static long Scores(int width) => (6 * ((4 * width) + 1)) + 7;

    // query, key, value, what follows attention and two of feed forward, with biases; two norms
    private static long Block(int width) => (6 * width * (width + 1)) + (4 * width);

    // query of the target; key, value and what follows attention, with biases
    private static long Asked(int target, int width) => (width * (target + 1)) + (3 * width * (width + 1));

    // A refiner: attention's four matrices, norm, n → 2 n → n; then the same for one interest, without biases in attention, the target's
    // and the place's matrix, a place of 8 numbers each, and [t, x, t ⊙ x] → 6 → 1
    private static long OneInterest(int n, int length) =>
        (8 * n * (n + 1)) + n + (8 * n * n) + (5 * n) + (n * (n + 1)) + (8 * n) + (8 * length) + (6 * ((3 * n) + 1)) + 7;

    // in → 16 → 5 with biases
    private static long Mlp(int width) => ((width + 1) * 16) + ((16 + 1) * 5);
}

/// <summary>Columns of each kind, alone and together.</summary>
internal static class Spaces
{
    public static FeatureSpace Mixed { get; } = FeatureSpace.Of([4, 7, 3], 2);

    public static FeatureSpace Categorical { get; } = FeatureSpace.Of([4, 7, 3]);

    public static FeatureSpace Numeric { get; } = FeatureSpace.Of([], 3);

    /// <summary>Lists pooled in every way beside tokens and numbers, one of which has the ids of a token.</summary>
    public static FeatureSpace Lists { get; } = new(
        [
            new Column("token", 0, 4), new Column("list", 4, 7, new ListShape(3)), new Column("other", 11, 3),
            new Column("history", 0, 4, new ListShape(4, ListPooling.Sum, IsOrdered: true)),
            new Column("weighted", 14, 5, new ListShape(2, IsWeighted: true)), new Column("greatest", 19, 6, new ListShape(3, ListPooling.Max)),
        ], ["I1", "I2"]);

    /// <summary>The same for a model: one that needs histories finds some there.</summary>
    public static FeatureSpace For(string model, string name) => For(model, Named(name));

    /// <summary>The same for a model: one that needs histories finds some there.</summary>
    public static FeatureSpace For(string model, FeatureSpace space) =>
        ModelCase.Of(model).OfHistory is null || space.ListRoom > 0 ? space : WithHistories(space);

    // A history of the first column and, beside columns of ids alone, one of the last.
    private static FeatureSpace WithHistories(FeatureSpace space)
    {
        Column[] tokens = space.Categorical.Count > 0 ? [.. space.Categorical] : [new Column("C1", 0, 5)];
        Column[] histories = tokens.Length > 1 && space.Numeric.Count == 0
            ? [Of(tokens[0], 4), Of(tokens[^1], 3)] : [Of(tokens[0], 4)];
        return new FeatureSpace([.. tokens, .. histories], space.Numeric);

        static Column Of(Column column, int length) =>
            column with { Name = $"seen_{column.Name}", List = new ListShape(length, IsOrdered: true) };
    }

    public static FeatureSpace Named(string name) => name switch
    {
        "mixed" => Mixed,
        "categorical" => Categorical,
        _ => Numeric,
    };
}
