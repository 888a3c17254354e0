using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Rewrites;

/// <summary>
/// What a processor does in one pass over memory becomes one operation: a ReLU behind a linear layer, also the first one of an attention
/// unit, is applied while the product is in registers; ReLU and dropout behind the batch norm of a linear layer are part of its pass. Nothing that is computed changes.
/// </summary>
public static class ProcessorFusion
{
    /// <summary>Rewrites a graph; parameters, tables and taps stay.</summary>
    public static Graph Of(Graph graph)
    {
        var copy = new GraphCopy(graph, graph.Values, graph.Outputs);
        foreach (var parameter in graph.Parameters)
            copy.Add(parameter);
        foreach (var table in graph.Tables)
            copy.Add(table);
        HashSet<Value> looked = [.. graph.Taps.Select(t => t.Value)];
        foreach (var value in graph.Values)
        {
            if (copy.Has(value))
                continue;
            // Whoever looks at what the ReLU reads must find it.
            var relu = looked.Contains(value)
                ? null : Next<Activate>(copy, value) is { Operation: Activate { Function: Activation.Relu } } next ? next : null;
            if (value.Operation is Linear { Relu: false } linear && relu is not null)
                copy.Put(new Linear(linear.Weight, linear.Bias, relu: true), value, relu);
            else if (value.Operation is TargetLinear { Relu: false } first && relu is not null)
                copy.Put(first.Rectified(), value, relu);
            else if (value is { Operation: BatchNorm { Relu: false } norm, Inputs: [{ Operation: Linear }] } && relu is not null)
            {
                // What drops has its place back when the layer is looked at, so a tap before the dropout may move behind it.
                var dropout = Next<Dropout>(copy, relu);
                copy.Put(norm.Rectified(dropout?.Operation is Dropout { Rate: var rate } ? rate : 0), value, relu, dropout);
            }
            else
                copy.Put(value.Operation!, value);
        }

        foreach (var output in graph.Outputs)
            copy.Graph.AddOutput(copy[output]);
        foreach (var tap in graph.Taps)
            copy.Graph.AddTap(tap with { Value = copy[tap.Value] });
        return copy.Graph;
    }

    private static Value? Next<TOperation>(GraphCopy copy, Value value)
        where TOperation : Operation => copy.OnlyReader(value) is { Operation: TOperation } next ? next : null;
}
