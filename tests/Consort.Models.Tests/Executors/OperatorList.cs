using Consort.Compute.Graphs;

namespace Consort.Models.Tests.Executors;

/// <summary>Notes which standard operators the operations of graphs are written with; computes nothing.</summary>
internal sealed class OperatorList : IFormNodes
{
    private SortedSet<string> _current = [];

    /// <summary>The operators of each operation that was seen; none of one that is there to train alone.</summary>
    public SortedDictionary<string, SortedSet<string>> Operators { get; } = new(StringComparer.Ordinal);

    /// <summary>Looks over a graph.</summary>
    public void Add(Graph graph)
    {
        foreach (var value in graph.Values.Where(v => v.Operation is not null))
        {
            if (!Operators.TryGetValue(value.Operation!.Name, out var known))
                Operators[value.Operation.Name] = known = new(StringComparer.Ordinal);
            _current = known;
            try
            {
                value.Operation.ToStandard(new StandardForm(this, value, [.. value.Inputs.Select(_ => default(FormValue))], graph.Columns));
            }
            catch (NotSupportedException)
            {
                // There to train alone.
            }
        }
    }

    public FormValue Add(string operation, ReadOnlySpan<FormValue> inputs, ReadOnlySpan<FormAttribute> attributes)
    {
        _current.Add(operation);
        return default;
    }

    public (FormValue First, FormValue Second) AddPair(
        string operation, ReadOnlySpan<FormValue> inputs, ReadOnlySpan<FormAttribute> attributes) =>
        (Add(operation, inputs, attributes), default);

    public FormValue Weight(Parameter parameter) => default;

    public FormValue Weight(Table table) => default;

    public FormValue Constant(ReadOnlySpan<float> values, ReadOnlySpan<int> shape) => default;

    public FormValue Constant(ReadOnlySpan<long> values, ReadOnlySpan<int> shape) => default;

    public ReadOnlySpan<float> Numbers(Parameter parameter) => new float[parameter.Shape.Size];

    public FormValue Ids(int first, int end) => default;

    public FormValue List(int column) => default;

    public FormValue ListWeights(int column) => default;

    public FormValue Rows() => default;
}
