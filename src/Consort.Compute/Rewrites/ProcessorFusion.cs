using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Rewrites;

/// <summary>
/// What a processor does in one pass over memory becomes one operation: a ReLU behind a linear layer is applied while the product is in
/// registers; ReLU and dropout behind the batch norm of a linear layer are part of its pass; an attention unit of ReLU layers goes through
/// the positions block by block; columns of a history are looked up side by side. Nothing that is computed changes.
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
        var together = LookUpsSideBySide(graph, looked);
        HashSet<Value> parts = [.. together.Keys.SelectMany(v => v.Inputs)];
        foreach (var value in graph.Values)
        {
            if (copy.Has(value) || parts.Contains(value))
                continue;
            if (together.TryGetValue(value, out var all))
            {
                copy.Pass(value, copy.Graph.Apply(all));
                continue;
            }

            var relu = ReluBehind(copy, looked, value);
            if (value.Operation is Linear { Relu: false } linear && relu is not null)
                copy.Put(Rectified(linear), value, relu);
            else if (value.Operation is TargetLinear { Relu: false } first && relu is not null)
                PutUnit(copy, looked, first, value, relu);
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

    // Columns of one history, such as items and their categories, that nothing reads but what puts them side by side.
    private static Dictionary<Value, EmbedPositions> LookUpsSideBySide(Graph graph, HashSet<Value> looked)
    {
        var readers = graph.Values.SelectMany(v => v.Inputs).ToLookup(i => i);
        var found = new Dictionary<Value, EmbedPositions>();
        foreach (var value in graph.Values.Where(v => v is { Operation: Concat, Inputs: [{ Operation: EmbedPositions }, ..] }))
            if (value.Inputs[0].Operation is EmbedPositions first && value.Inputs.All(i =>
                i.Operation is EmbedPositions { Columns: [_] } other && other.Table == first.Table && other.Positions == first.Positions
                && readers[i].Count() == 1 && !looked.Contains(i) && !graph.Outputs.Contains(i)))
                found.Add(value, new EmbedPositions(
                    first.Table, [.. value.Inputs.Select(i => ((EmbedPositions)i.Operation!).Columns[0])], first.Positions));
        return found;
    }

    // The layers behind the first, as far as each has a ReLU, and the one that has none.
    private static void PutUnit(GraphCopy copy, HashSet<Value> looked, TargetLinear first, Value value, Value relu)
    {
        var (layers, passed, last) = (new List<Linear>(), new List<Value>(), relu);
        while (!looked.Contains(last) && Next<Linear>(copy, last) is { Operation: Linear linear } next)
        {
            var end = ReluBehind(copy, looked, next);
            layers.Add(end is null || linear.Relu ? linear : Rectified(linear));
            passed.AddRange(end is null ? [next] : [next, end]);
            last = end ?? next;
            if (layers[^1].Relu)
                continue;
            copy.Put(first.Rectified(layers), value, [relu, .. passed]);
            return;
        }

        copy.Put(first.Rectified([]), value, relu);
    }

    private static Linear Rectified(Linear linear) => new(linear.Weight, linear.Bias, relu: true);

    // Whoever looks at what the ReLU reads must find it.
    private static Value? ReluBehind(GraphCopy copy, HashSet<Value> looked, Value value) => !looked.Contains(value)
        && Next<Activate>(copy, value) is { Operation: Activate { Function: Activation.Relu } } next ? next : null;

    private static Value? Next<TOperation>(GraphCopy copy, Value value)
        where TOperation : Operation => copy.OnlyReader(value) is { Operation: TOperation } next ? next : null;
}
