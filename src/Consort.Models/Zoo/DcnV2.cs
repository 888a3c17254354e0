using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>Where the tower of a DCNv2 stands.</summary>
public enum CrossStructure
{
    /// <summary>Beside the cross network: z = w · [Cross(x₀), MLP(x₀)] + b.</summary>
    Parallel,

    /// <summary>On top of it: z = w · MLP(Cross(x₀)) + b.</summary>
    Stacked,

    /// <summary>Both on top of it and beside it, two towers: z = w · [MLP₁(Cross(x₀)), MLP₂(x₀)] + b.</summary>
    StackedParallel,

    /// <summary>Nowhere: z = w · Cross(x₀) + b.</summary>
    CrossOnly,
}

/// <summary>
/// Deep and cross network, version 2 (DCNv2, DCN-M): cross layers with a full matrix over x₀ = [e_1 … e_F], x_{l+1} = x₀ ⊙ (W_l x_l + b_l)
/// + x_l, beside or below a tower; or with a mixture of low-rank experts in the place of the matrix, x_{l+1} = x₀ ⊙ (Σ_e g_e(x_l) U_le
/// tanh(C_le tanh(V_leᵀ x_l)) + b_l) + x_l, g = softmax(G x_l). With S sets of embeddings each has a cross network of its own, and their
/// mean stands in the place of the one. Source: Wang et al. 2021, eq. 1–5 and figure 1; one G for all layers as in FuxiCTR; Guo et al. 2024
/// for the sets.
/// </summary>
public sealed record DcnV2(MlpOptions Mlp) : TowerModel("DCNv2", Mlp)
{
    internal static readonly OptionSet<DcnV2> Options = new OptionSet<DcnV2>(() => new(new MlpOptions()))
        .Add("low_rank", m => m.Rank, (m, v) => m with { Rank = v }, Domain.Integer(1, 4096), "r, columns of U and V")
        .Add("num_experts", m => m.Experts, (m, v) => m with { Experts = v }, Domain.Integer(1, 64), "E, experts of the mixture")
        .Tower()
        .Add("cross_layers", m => m.CrossLayers, (m, v) => m with { CrossLayers = v }, Domain.Integer(1, 32),
            "L, the layers of the cross network")
        .Add("structure", m => m.Structure, (m, v) => m with { Structure = v }, Structures, "where the tower stands")
        .Add("use_low_rank_mixture", m => m.IsMixture, (m, v) => m with { IsMixture = v }, Domain.Flag,
            "low-rank experts rather than full matrices")
        .Add("embedding_sets", m => m.Sets, (m, v) => m with { Sets = v }, Domain.Integer(1, 64),
            "S, sets of embeddings, each with a cross network of its own; above 1 below a tower or without one")
        .Require("embedding_sets", m => m is { Sets: > 1, Structure: CrossStructure.Parallel or CrossStructure.StackedParallel }
            ? $"found {m.Sets} with a tower beside the cross network, expected structure stacked or crossnet_only" : null);

    private static Domain<CrossStructure> Structures => Domain.Words(
        ("parallel", CrossStructure.Parallel), ("stacked", CrossStructure.Stacked), ("stacked_parallel", CrossStructure.StackedParallel),
        ("crossnet_only", CrossStructure.CrossOnly));

    /// <summary>L.</summary>
    public int CrossLayers { get; init => field = Options.Checked("cross_layers", value); } = 3;

    /// <summary>Where the tower stands.</summary>
    public CrossStructure Structure { get; init => field = Options.Checked("structure", value); }

    /// <summary>Whether low-rank experts stand in the place of matrices.</summary>
    public bool IsMixture { get; init; }

    /// <summary>r, columns of U and V.</summary>
    public int Rank { get; init => field = Options.Checked("low_rank", value); } = 32;

    /// <summary>E, the experts.</summary>
    public int Experts { get; init => field = Options.Checked("num_experts", value); } = 4;

    /// <summary>S, the sets of embeddings.</summary>
    public int Sets { get; init => field = Options.Checked("embedding_sets", value); } = 1;

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var first = Sets == 1 ? inputs.Flat() : inputs.FlatOf(inputs.WithNumeric(inputs.Embeddings())); // x₀ [B, n], n = F·D
        var cross = inputs.Mean([Cross(inputs, first, "cross"), .. Enumerable.Range(1, Sets - 1).Select(s =>
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"set{s}");
            return Cross(inputs, inputs.FlatOf(inputs.WithNumeric(inputs.OwnEmbeddings(name))), $"{name}/cross");
        })]); // [B, n]
        Value[] last = Structure switch
        {
            CrossStructure.Parallel => [cross, inputs.Mlp(first, Mlp, "mlp")], // [B, n], [B, last width]
            CrossStructure.Stacked => [inputs.Mlp(cross, Mlp, "mlp")], // [B, last width]
            CrossStructure.StackedParallel => [inputs.Mlp(cross, Mlp, "mlp"), inputs.Mlp(first, Mlp, "mlp_parallel")],
            _ => [cross],
        };
        return inputs.Output(last); // [B, 1]
    }

    // [B, n]
    private Value Cross(MemberInputs inputs, Value first, string name) =>
        IsMixture ? Mixed(inputs, first, name) : Full(inputs, first, name);

    // [B, n]
    private Value Full(MemberInputs inputs, Value first, string name)
    {
        var (x, width) = (first, first.Shape.Size);
        for (var layer = 0; layer < CrossLayers; layer++)
        {
            var scope = string.Create(CultureInfo.InvariantCulture, $"{name}/{layer}");
            var weight = inputs.Weight($"{scope}/weight", new Shape(width, width), Initializer.XavierNormal(width, width));
            var bias = inputs.Weight($"{scope}/bias", new Shape(width), Initializer.Zero);
            x = inputs.Observed(inputs.Graph.Apply(new MatrixCross(weight, bias), first, x), scope);
        }

        return x;
    }

    // [B, n]
    private Value Mixed(MemberInputs inputs, Value first, string name)
    {
        var (x, width) = (first, first.Shape.Size);
        var (rank, experts) = (Rank, Experts);
        var gates = inputs.Weight($"{name}/gate", new Shape(experts, width), Initializer.XavierNormal(width, 1)); // G
        // Xavier as PyTorch counts it for [experts, n, rank].
        var outer = Initializer.XavierNormal(width * rank, experts * rank);
        for (var layer = 0; layer < CrossLayers; layer++)
        {
            var scope = string.Create(CultureInfo.InvariantCulture, $"{name}/{layer}");
            var tanh = new Activate(Activation.Tanh);
            var down = inputs.Graph.Apply(
                tanh, inputs.Graph.Apply(new Linear(inputs.Weight($"{scope}/v", new Shape(experts * rank, width), outer), null), x));
            var inner = inputs.Weight($"{scope}/c", new Shape(experts, rank, rank), Initializer.XavierNormal(rank * rank, experts * rank));
            var hidden = inputs.Graph.Apply(new Reshape(new Shape(experts, rank)), down); // [B, E, r]
            hidden = inputs.Graph.Apply(tanh, inputs.Graph.Apply(new ExpertLinear(inner), hidden)); // [B, E, r]
            var gate = inputs.Graph.Apply(new Softmax(), inputs.Graph.Apply(new Linear(gates, null), x)); // [B, E]
            // Gates add up to one, so the bias stands once.
            var up = new Linear(
                inputs.Weight($"{scope}/u", new Shape(width, experts * rank), outer),
                inputs.Weight($"{scope}/bias", new Shape(width), Initializer.Zero));
            var crossed = inputs.Graph.Apply(up, inputs.Flatten(inputs.Graph.Apply(new FieldScale(), hidden, gate))); // [B, n]
            x = inputs.Observed(inputs.Graph.Apply(new HadamardCross(), first, x, crossed), scope);
        }

        return x;
    }
}
