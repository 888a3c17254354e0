using Consort.Compute.Graphs;

namespace Consort.Compute.Rewrites;

/// <summary>A graph written anew, value by value in the order of the old one; parameters and tables are the same objects.</summary>
internal sealed class GraphCopy
{
    private readonly Dictionary<Value, Value> _copies = [];
    private readonly Dictionary<Value, List<Value>> _readers = [];
    private readonly HashSet<Value> _outputs;
    private readonly HashSet<object> _added = [];

    /// <summary>Begins a copy.</summary>
    /// <param name="source">The old graph.</param>
    /// <param name="values">Those of its values that are wanted, in its order.</param>
    /// <param name="outputs">Those that become outputs.</param>
    public GraphCopy(Graph source, IReadOnlyList<Value> values, IReadOnlyList<Value> outputs)
    {
        Graph = new Graph(source.Columns, source.Numeric?.Shape[0] ?? 0);
        if (source.Numeric is { } numeric)
            _copies.Add(numeric, Graph.Numeric!);
        _outputs = [.. outputs];
        foreach (var value in values)
            foreach (var input in value.Inputs.Distinct())
                (_readers.TryGetValue(input, out var list) ? list : _readers[input] = []).Add(value);
    }

    /// <summary>The new graph.</summary>
    public Graph Graph { get; }

    /// <summary>What stands for a value of the old graph.</summary>
    public Value this[Value old] => _copies[old];

    /// <summary>Whether something stands for a value already.</summary>
    public bool Has(Value old) => _copies.ContainsKey(old);

    /// <summary>The only reader of a value, if it reads nothing else; null also for an output.</summary>
    public Value? OnlyReader(Value value) =>
        !_outputs.Contains(value) && _readers.TryGetValue(value, out var list) && list is [{ Inputs.Count: 1 } only] ? only : null;

    /// <summary>Adds a parameter, once.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Add(Parameter parameter)
    {
        if (!_added.Add(parameter))
            return false;
        Graph.Add(parameter);
        return true;
    }

    /// <summary>Adds a table, once.</summary>
    public void Add(Table table)
    {
        if (_added.Add(table))
            Graph.Add(table);
    }

    /// <summary>
    /// Applies an operation to what stands for the inputs of a value; the result stands for the value and for those after it.
    /// </summary>
    public Value Put(Operation operation, Value value, params ReadOnlySpan<Value?> after)
    {
        var result = Graph.Apply(operation, [.. value.Inputs.Select(i => _copies[i])]);
        Pass(value, result);
        foreach (var passed in after)
            if (passed is not null)
                Pass(passed, result);
        return result;
    }

    /// <summary>Lets a value of the new graph stand for one of the old.</summary>
    public void Pass(Value old, Value stands) => _copies.Add(old, stands);
}
