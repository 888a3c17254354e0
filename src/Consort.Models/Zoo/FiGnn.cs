using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Feature interactions by a graph neural network (FiGNN): fields are nodes that begin with their embeddings, h⁰ = E; edges G_ij = softmax
/// over j ≠ i of leaky(w · [e_i, e_j]); L times a_i = W_in,i Σ_j G_ij W_out,j h_j + b, h_i ← GRU(a_i, h_i) + e_i; z = Σ_i a_i (w · h_i),
/// a = σ(W [h_1 … h_F]), [B, 1]. Source: Li et al., CIKM 2019; FuxiCTR for what it leaves open: one G for all layers, one GRU,
/// the residual e_i.
/// </summary>
public sealed record FiGnn() : CtrModel("FiGNN")
{
    internal static readonly OptionSet<FiGnn> Options = new OptionSet<FiGnn>(() => new())
        .Add("gnn_layers", m => m.Layers, (m, v) => m with { Layers = v }, Domain.Integer(1, 32), "L, the steps that states go along edges")
        .Add("use_residual", m => m.IsResidual, (m, v) => m with { IsResidual = v }, Domain.Flag,
            "whether each step adds the embeddings again")
        .Add("use_gru", m => m.IsGated, (m, v) => m with { IsGated = v }, Domain.Flag,
            "whether a GRU makes the next state, or what is received is added to the last one")
        .Add("reuse_graph_layer", m => m.IsReused, (m, v) => m with { IsReused = v }, Domain.Flag,
            "whether all steps have the same W_in, W_out and b");

    /// <summary>L.</summary>
    public int Layers { get; init => field = Options.Checked("gnn_layers", value); } = 3;

    /// <summary>Whether each step adds the embeddings again.</summary>
    public bool IsResidual { get; init; } = true;

    /// <summary>Whether a GRU makes the next state.</summary>
    public bool IsGated { get; init; } = true;

    /// <summary>Whether all steps have the same matrices.</summary>
    public bool IsReused { get; init; }

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var first = inputs.Paired(inputs.Embeddings()); // h⁰ [B, F, D]
        var (fields, dimension) = (first.Shape[0], first.Shape[1]);
        var attention = inputs.Weight("attention/weight", new Shape(2, dimension), Initializer.XavierNormal(2 * dimension, 1));
        var edges = inputs.Graph.Apply(
            new EdgeAttention(), inputs.Graph.Apply(new Linear(attention, null), first)); // [B, F, F]
        var update = IsGated ? Gru(inputs, dimension) : (received, state) => inputs.Sum(received, state);
        var step = Step(inputs, edges, "graph/0", fields, dimension);
        var h = first;
        for (var layer = 0; layer < Layers; layer++)
        {
            var scope = string.Create(CultureInfo.InvariantCulture, $"graph/{layer}");
            if (layer > 0 && !IsReused)
                step = Step(inputs, edges, scope, fields, dimension);
            h = update(step(h), h); // [B, F, D]
            h = inputs.Observed(IsResidual ? inputs.Sum(h, first) : h, scope);
        }

        return Score(inputs, h); // [B, 1]
    }

    // a_i = W_in,i Σ_j G_ij W_out,j h_j + b
    private static Func<Value, Value> Step(MemberInputs inputs, Value edges, string scope, int fields, int dimension)
    {
        var initial = Initializer.XavierNormal(dimension * dimension, fields * dimension); // as PyTorch counts it for [F, D, D]
        var shape = new Shape(fields, dimension, dimension);
        var send = new ExpertLinear(inputs.Weight($"{scope}/out", shape, initial));
        var receive = new ExpertLinear(inputs.Weight($"{scope}/in", shape, initial));
        var bias = new AddBias(inputs.Weight($"{scope}/bias", new Shape(dimension), Initializer.Zero));
        return h => inputs.Graph.Apply(bias, inputs.Graph.Apply(
            receive, inputs.Graph.Apply(new NeighbourSum(), edges, inputs.Graph.Apply(send, h)))); // [B, F, D]
    }

    // One cell for all nodes and steps; weights and biases within ±1/√D, as PyTorch has it.
    private static Func<Value, Value, Value> Gru(MemberInputs inputs, int dimension)
    {
        var initial = Initializer.Uniform(1 / Math.Sqrt(dimension));
        var (received, kept) = (Matrix("gru/input"), Matrix("gru/state"));
        return (a, h) => inputs.Graph.Apply(
            new GatedRecurrence(), inputs.Graph.Apply(received, a), inputs.Graph.Apply(kept, h), h);

        Linear Matrix(string name) => new(
            inputs.Weight($"{name}/weight", new Shape(3 * dimension, dimension), initial),
            inputs.Weight($"{name}/bias", new Shape(3 * dimension), initial));
    }

    // Σ_i σ(W [h_1 … h_F])_i (w · h_i)
    private static Value Score(MemberInputs inputs, Value h)
    {
        var scores = inputs.Flatten(inputs.LinearOfEach(h, 1, "score", bias: false)); // [B, F]
        var weights = inputs.Graph.Apply(
            new Activate(Activation.Sigmoid), inputs.Linear(inputs.Flatten(h), h.Shape[0], "score/attention", bias: false)); // [B, F]
        return inputs.Graph.Apply(new Dot(), weights, scores);
    }
}
