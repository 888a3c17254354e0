namespace Consort.Compute.Graphs;

/// <summary>A batch of numbers in a graph: an input, or what an operation gives. Shape [B, …], or [N, …] at positions.</summary>
public sealed class Value
{
    internal Value(int index, string name, Shape shape, Operation? operation, IReadOnlyList<Value> inputs, Positions? at = null,
        int most = 1)
    {
        (At, Most) = (at, most);
        Index = index;
        Name = name;
        Shape = shape;
        Operation = operation;
        Inputs = inputs;
    }

    /// <summary>Its place in the graph; inputs of an operation always stand before its result.</summary>
    public int Index { get; }

    /// <summary>A name that is unique in the graph, made of the scope and the operation.</summary>
    public string Name { get; }

    /// <summary>What it has a row for; null where that is an impression.</summary>
    public Positions? At { get; }

    /// <summary>The most rows that it has for one impression.</summary>
    internal int Most { get; }

    /// <summary>The dimensions of one row.</summary>
    public Shape Shape { get; }

    /// <summary>What computes it, or null for an input of the graph.</summary>
    public Operation? Operation { get; }

    /// <summary>What it is computed from.</summary>
    public IReadOnlyList<Value> Inputs { get; }

    /// <summary>The value whose numbers a chain of views shares; the value itself where it is no view.</summary>
    internal Value Root => Operation is { IsView: true } ? Inputs[0].Root : this;

    /// <summary>The rows that its operation works on for one impression, where lists have such lengths in the mean.</summary>
    /// <param name="lengths">The ids that an impression has of each categorical column.</param>
    internal double RowsWith(IReadOnlyList<double> lengths) =>
        (Inputs.Select(i => i.At).FirstOrDefault(at => at is not null) ?? At) is not { } positions ? 1
            : Math.Min(lengths[positions.Column], positions.Top > 0 ? positions.Top : double.MaxValue) + (positions.WithTarget ? 1 : 0);

    /// <inheritdoc/>
    public override string ToString() => $"{Name}{Shape}";
}
