namespace Consort.Compute.Graphs;

/// <summary>A value of an ONNX graph, by its name there.</summary>
/// <param name="Name">Unique in the graph.</param>
public readonly record struct FormValue(string Name);

/// <summary>An attribute of an ONNX node: one whole number, one float, or a list of whole numbers.</summary>
/// <param name="Name">As the operator names it.</param>
public sealed record FormAttribute(string Name)
{
    /// <summary>A whole number.</summary>
    public FormAttribute(string name, long value) : this(name) => Integer = value;

    /// <summary>A float.</summary>
    public FormAttribute(string name, float value) : this(name) => Number = value;

    /// <summary>Whole numbers.</summary>
    public FormAttribute(string name, IReadOnlyList<long> values) : this(name) => Integers = values;

    /// <summary>The whole number, or null.</summary>
    public long? Integer { get; }

    /// <summary>The float, or null.</summary>
    public float? Number { get; }

    /// <summary>The whole numbers, or null.</summary>
    public IReadOnlyList<long>? Integers { get; }
}

/// <summary>
/// Where operations put their ONNX form: nodes of standard operators and the numbers that these read. How it becomes a file is the matter
/// of who implements it.
/// </summary>
public interface IFormNodes
{
    /// <summary>Adds a node of the default domain with one output.</summary>
    /// <param name="operation">The operator, <c>MatMul</c>.</param>
    /// <param name="inputs">Its inputs in the operator's order.</param>
    /// <param name="attributes">Those that differ from the operator's defaults.</param>
    FormValue Add(string operation, ReadOnlySpan<FormValue> inputs, ReadOnlySpan<FormAttribute> attributes);

    /// <summary>The same with two outputs.</summary>
    (FormValue First, FormValue Second) AddPair(
        string operation, ReadOnlySpan<FormValue> inputs, ReadOnlySpan<FormAttribute> attributes);

    /// <summary>A parameter under its own name and shape.</summary>
    FormValue Weight(Parameter parameter);

    /// <summary>An embedding table [V, D].</summary>
    FormValue Weight(Table table);

    /// <summary>Constant floats.</summary>
    FormValue Constant(ReadOnlySpan<float> values, ReadOnlySpan<int> shape);

    /// <summary>Constant whole numbers.</summary>
    FormValue Constant(ReadOnlySpan<long> values, ReadOnlySpan<int> shape);

    /// <summary>The numbers of a parameter, to make others of.</summary>
    ReadOnlySpan<float> Numbers(Parameter parameter);

    /// <summary>A parameter under another shape of the same size: a constant, unless whoever implements this trains it.</summary>
    FormValue Reshaped(Parameter parameter, ReadOnlySpan<int> shape) => Constant(Numbers(parameter), shape);

    /// <summary>
    /// A parameter with its last two axes swapped, [out, in] → [in, out]: a constant, unless whoever implements this trains it.
    /// </summary>
    FormValue Transposed(Parameter parameter)
    {
        var dimensions = parameter.Shape.Dimensions.ToArray();
        var (rows, columns) = (dimensions[^2], dimensions[^1]);
        (dimensions[^2], dimensions[^1]) = (columns, rows);
        var numbers = Numbers(parameter);
        var turned = new float[numbers.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            var (row, column) = (i / columns % rows, i % columns);
            turned[i - (i % (rows * columns)) + (column * rows) + row] = numbers[i];
        }

        return Constant(turned, dimensions);
    }

    /// <summary>The global ids of the categorical columns [first, end), int64 [B, end − first]; whatever stands there of a list is
    /// nothing to read.</summary>
    FormValue Ids(int first, int end);

    /// <summary>The global ids of a list column, int64 [B, L]; −1 behind them.</summary>
    FormValue List(int column);

    /// <summary>The weights of a list column's ids, float [B, L].</summary>
    FormValue ListWeights(int column);

    /// <summary>B, int64 [1].</summary>
    FormValue Rows();
}
