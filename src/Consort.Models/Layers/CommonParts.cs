using Consort.Compute.Graphs;

namespace Consort.Models.Layers;

/// <summary>
/// What equal members of a family have together: weights, and what they compute of one value by these alone. Each is made when first asked
/// for, and once.
/// </summary>
/// <param name="graph">The graph under construction.</param>
/// <param name="scope">What names begin with.</param>
internal sealed class CommonParts(Graph graph, string scope)
{
    private readonly Dictionary<string, Parameter> _weights = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Name, Value Of), Value> _values = [];

    /// <summary>The weight of that name.</summary>
    public Parameter Weight(string name, Shape shape, Initializer initializer)
    {
        if (!_weights.TryGetValue(name, out var weight))
            _weights[name] = weight = graph.Add(new Parameter($"{scope}/{name}", shape, initializer));
        return weight;
    }

    /// <summary>What was computed of a value under that name.</summary>
    public Value Value(string name, Value of, Func<Value> make)
    {
        if (!_values.TryGetValue((name, of), out var value))
            _values[(name, of)] = value = make();
        return value;
    }
}
