using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Rewrites;

/// <summary>The trained numbers of a parameter.</summary>
public delegate ReadOnlySpan<float> ParameterNumbers(Parameter parameter);

/// <summary>
/// The trained graph as scoring needs it: some members' logits alone, dropout and losses gone, and batch norm that follows a linear layer
/// folded into it: γ (W x + b − μ) / √(σ² + ε) + β = (s ⊙ W) x + (s ⊙ (b − μ) + β), s = γ / √(σ² + ε).
/// </summary>
public sealed class InferenceGraph
{
    private readonly List<Fold> _folds = [];
    private readonly List<Parameter> _kept = [];

    private InferenceGraph(Graph graph) => Graph = graph;

    /// <summary>The graph to run.</summary>
    public Graph Graph { get; }

    /// <summary>Rewrites a graph.</summary>
    /// <param name="trained">As the model describes it, or as a processor trains it.</param>
    /// <param name="members">The members to keep.</param>
    public static InferenceGraph Of(Graph trained, IReadOnlyList<int> members)
    {
        var reach = GraphReach.Of(trained, members);
        Value[] outputs = [.. members.Select(m => trained.Outputs[m])];
        var copy = new GraphCopy(trained, reach.Values, outputs);
        var result = new InferenceGraph(copy.Graph);
        foreach (var value in reach.Values)
            if (!copy.Has(value))
                result.Put(copy, value);
        foreach (var output in outputs)
            copy.Graph.AddOutput(copy[output]);
        return result;
    }

    /// <summary>Fills the dense parameters of the graph from the trained ones.</summary>
    /// <param name="store">Of <see cref="Graph"/>, or of a rewriting of it that keeps its parameters.</param>
    /// <param name="trained">The numbers of a parameter of the trained graph.</param>
    public void Fill(ParameterStore<float> store, ParameterNumbers trained)
    {
        foreach (var parameter in _kept)
            trained(parameter)[..parameter.Shape.Size].CopyTo(store.Values(parameter));
        foreach (var fold in _folds)
            fold.Fill(store, trained);
    }

    private void Put(GraphCopy copy, Value value)
    {
        if (value.Operation is Dropout or { IsForTraining: true })
        {
            copy.Pass(value, copy[value.Inputs[0]]);
            return;
        }

        var dropped = value.Operation is Linear { Relu: false } && copy.OnlyReader(value) is { Operation: Dropout } next ? next : null;
        if (value.Operation is Linear { Relu: false } linear && copy.OnlyReader(dropped ?? value) is { Operation: BatchNorm norm } end)
        {
            var name = $"{linear.Weight.Name}/folded:{copy.Graph.Values.Count}";
            var fold = new Fold(
                linear, norm, linear.Weight with { Name = name },
                new Parameter($"{name}/bias", new Shape(linear.Weight.Shape[0]), Initializer.Zero, linear.Weight.Member));
            _folds.Add(fold);
            copy.Add(fold.Weight);
            copy.Add(fold.Bias);
            copy.Put(new Linear(fold.Weight, fold.Bias, norm.Relu), value, dropped, end);
            return;
        }

        foreach (var parameter in value.Operation!.Parameters)
            if (copy.Add(parameter))
                _kept.Add(parameter);
        if (value.Operation.Table is { } table)
            copy.Add(table);
        copy.Put(value.Operation, value);
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
