using Consort.Compute.Graphs;

namespace Consort.Compute.Onnx;

/// <summary>A value of an ONNX graph, by its name there.</summary>
/// <param name="Name">Unique in the graph.</param>
public readonly record struct OnnxValue(string Name);

/// <summary>An attribute of an ONNX node: one whole number, one float, or a list of whole numbers.</summary>
/// <param name="Name">As the operator names it.</param>
public sealed record OnnxAttribute(string Name)
{
    /// <summary>A whole number.</summary>
    public OnnxAttribute(string name, long value) : this(name) => Integer = value;

    /// <summary>A float.</summary>
    public OnnxAttribute(string name, float value) : this(name) => Number = value;

    /// <summary>Whole numbers.</summary>
    public OnnxAttribute(string name, IReadOnlyList<long> values) : this(name) => Integers = values;

    /// <summary>The whole number, or null.</summary>
    public long? Integer { get; }

    /// <summary>The float, or null.</summary>
    public float? Number { get; }

    /// <summary>The whole numbers, or null.</summary>
    public IReadOnlyList<long>? Integers { get; }
}

/// <summary>
/// Where operations put their ONNX form: nodes of standard operators and the numbers that these read. How it becomes a file is
/// the matter of who implements it.
/// </summary>
public interface IOnnxNodes
{
    /// <summary>Adds a node of the default domain with one output.</summary>
    /// <param name="operation">The operator, <c>MatMul</c>.</param>
    /// <param name="inputs">Its inputs in the operator's order.</param>
    /// <param name="attributes">Those that differ from the operator's defaults.</param>
    OnnxValue Add(string operation, ReadOnlySpan<OnnxValue> inputs, ReadOnlySpan<OnnxAttribute> attributes);

    /// <summary>A parameter under its own name and shape.</summary>
    OnnxValue Weight(Parameter parameter);

    /// <summary>An embedding table [V, D].</summary>
    OnnxValue Weight(Table table);

    /// <summary>Constant floats.</summary>
    OnnxValue Constant(ReadOnlySpan<float> values, ReadOnlySpan<int> shape);

    /// <summary>Constant whole numbers.</summary>
    OnnxValue Constant(ReadOnlySpan<long> values, ReadOnlySpan<int> shape);

    /// <summary>The numbers of a parameter, to make others of.</summary>
    ReadOnlySpan<float> Numbers(Parameter parameter);

    /// <summary>The global ids of the categorical columns [first, end), int64 [B, end − first].</summary>
    OnnxValue Ids(int first, int end);

    /// <summary>B, int64 [1].</summary>
    OnnxValue Rows();
}
