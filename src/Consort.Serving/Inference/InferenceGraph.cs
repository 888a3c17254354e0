using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Serving.Inference;

/// <summary>The trained numbers of a parameter.</summary>
internal delegate ReadOnlySpan<float> ParameterNumbers(Parameter parameter);

/// <summary>
/// The trained graph as scoring needs it: some members' logits alone, dropout gone, and batch norm that follows a linear
/// layer folded into it, with the ReLU after that inside the product:
/// γ (W x + b − μ) / √(σ² + ε) + β = (s ⊙ W) x + (s ⊙ (b − μ) + β), s = γ / √(σ² + ε).
/// </summary>
internal sealed class InferenceGraph
{
    private readonly List<Fold> _folds = [];
    private readonly List<Parameter> _copies = [];

    private InferenceGraph(Graph graph) => Graph = graph;

    /// <summary>The graph to run.</summary>
    public Graph Graph { get; }

    /// <summary>Rewrites a graph.</summary>
    /// <param name="trained">As the model describes it.</param>
    /// <param name="members">The members to keep.</param>
    public static InferenceGraph Of(Graph trained, IReadOnlyList<int> members)
    {
        var reach = GraphReach.Of(trained, members);
        var result = new InferenceGraph(new Graph(trained.Columns, trained.Numeric?.Shape[0] ?? 0));
        result.Rewrite(reach, [.. members.Select(m => trained.Outputs[m])]);
        return result;
    }

    /// <summary>Fills the dense parameters of the graph from the trained ones.</summary>
    /// <param name="store">Of <see cref="Graph"/>.</param>
    /// <param name="trained">The numbers of a parameter of the trained graph.</param>
    public void Fill(ParameterStore<float> store, ParameterNumbers trained)
    {
        foreach (var parameter in _copies)
            trained(parameter)[..parameter.Shape.Size].CopyTo(store.Values(parameter));
        foreach (var fold in _folds)
            fold.Fill(store, trained);
    }

    private void Rewrite(GraphReach reach, Value[] outputs)
    {
        var consumers = new Dictionary<Value, List<Value>>();
        foreach (var value in reach.Values)
            foreach (var input in value.Inputs.Distinct())
                (consumers.TryGetValue(input, out var list) ? list : consumers[input] = []).Add(value);
        var map = new Dictionary<Value, Value>();
        var added = new HashSet<object>();
        foreach (var value in reach.Values)
        {
            if (map.ContainsKey(value))
                continue;
            if (value.Operation is not { } operation)
                map[value] = Graph.Numeric!;
            else if (operation is Dropout)
                map[value] = map[value.Inputs[0]];
            else if (operation is Linear linear)
                AddLinear(linear, value);
            else
                map[value] = Add(operation, value);
        }

        foreach (var output in outputs)
            Graph.AddOutput(map[output]);

        Value Add(Operation operation, Value value)
        {
            foreach (var parameter in operation.Parameters)
                if (added.Add(parameter))
                    _copies.Add(Graph.Add(parameter));
            if (operation.Table is { } table && added.Add(table))
                Graph.Add(table);
            return Graph.Apply(operation, [.. value.Inputs.Select(i => map[i])]);
        }

        // A linear layer with what follows it and has no other reader: batch norm, dropout, ReLU.
        void AddLinear(Linear linear, Value value)
        {
            var (end, norm, relu) = (value, (BatchNorm?)null, linear.Relu);
            var chain = new List<Value> { value };
            while (!relu && Only(end) is { } next)
            {
                if (next.Operation is BatchNorm batchNorm && norm is null)
                    (norm, relu) = (batchNorm, batchNorm.Relu);
                else if (next.Operation is Activate { Function: Activation.Relu })
                    relu = true;
                else if (next.Operation is not Dropout)
                    break;
                end = next;
                chain.Add(next);
            }

            var result = norm is null
                ? Add(relu == linear.Relu ? linear : new Linear(linear.Weight, linear.Bias, relu), value)
                : Folded(linear, norm, value, relu);
            foreach (var passed in chain)
                map[passed] = result;
        }

        Value Folded(Linear linear, BatchNorm norm, Value value, bool relu)
        {
            var name = $"{linear.Weight.Name}/folded:{Graph.Values.Count}";
            var fold = new Fold(
                linear, norm, Graph.Add(linear.Weight with { Name = name }),
                Graph.Add(new Parameter($"{name}/bias", new Shape(linear.Weight.Shape[0]), Initializer.Zero, linear.Weight.Member)));
            _folds.Add(fold);
            return Graph.Apply(new Linear(fold.Weight, fold.Bias, relu), [.. value.Inputs.Select(i => map[i])]);
        }

        Value? Only(Value value) => !outputs.Contains(value) && consumers.TryGetValue(value, out var list) && list.Count == 1 && list[0].Inputs.Count == 1
            ? list[0]
            : null;
    }

    private sealed record Fold(Linear Linear, BatchNorm Norm, Parameter Weight, Parameter Bias)
    {
        public void Fill(ParameterStore<float> store, ParameterNumbers trained)
        {
            var (outputs, inputs) = (Weight.Shape[0], Weight.Shape[1]);
            var source = trained(Linear.Weight); // [out, in]
            var bias = Linear.Bias is null ? [] : trained(Linear.Bias);
            var gamma = trained(Norm.Parameters[0]);
            var beta = trained(Norm.Parameters[1]);
            var mean = trained(Norm.Parameters[2]);
            var variance = trained(Norm.Parameters[3]);
            var weight = store.Values(Weight);
            var shift = store.Values(Bias);
            for (var o = 0; o < outputs; o++)
            {
                var scale = gamma[o] / Math.Sqrt(variance[o] + BatchNorm.Epsilon);
                for (var i = 0; i < inputs; i++)
                    weight[(o * inputs) + i] = (float)(scale * source[(o * inputs) + i]);
                shift[o] = (float)((scale * ((bias.IsEmpty ? 0 : bias[o]) - mean[o])) + beta[o]);
            }
        }
    }
}
