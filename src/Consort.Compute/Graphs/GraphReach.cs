namespace Consort.Compute.Graphs;

/// <summary>What some members' logits are computed from when they score, and nothing else.</summary>
/// <param name="Values">In the graph's order.</param>
/// <param name="Parameters">Each once, in the order of first use.</param>
/// <param name="Tables">Each once, in the order of first use.</param>
public sealed record GraphReach(IReadOnlyList<Value> Values, IReadOnlyList<Parameter> Parameters, IReadOnlyList<Table> Tables)
{
    /// <summary>Follows the inputs back from the logits of some members.</summary>
    public static GraphReach Of(Graph graph, IReadOnlyList<int> members)
    {
        var isNeeded = new bool[graph.Values.Count];
        foreach (var member in members)
            isNeeded[graph.Outputs[member].Index] = true;
        for (var i = isNeeded.Length - 1; i >= 0; i--)
            if (isNeeded[i])
                foreach (var input in graph.Values[i].Operation is { IsForTraining: true }
                    ? graph.Values[i].Inputs.Take(1) : graph.Values[i].Inputs)
                    isNeeded[input.Index] = true;
        Value[] values = [.. graph.Values.Where(v => isNeeded[v.Index])];
        return new GraphReach(
            values,
            [.. values.SelectMany(v => v.Operation?.Parameters ?? []).Distinct()],
            [.. values.Select(v => v.Operation?.Table).OfType<Table>().Distinct()]);
    }
}
