using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Graphs;
using Google.Protobuf;

namespace Consort.Onnx;

/// <summary>ONNX's numbers of element types.</summary>
internal enum ElementType
{
    Float = 1,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Double = 11,
}

/// <summary>Takes nodes, weights and constants down as messages of an ONNX graph.</summary>
internal sealed class GraphWriter(ParameterStore<float> store) : IFormNodes
{
    /// <summary>The domain of operators for text.</summary>
    public const string MachineLearning = "ai.onnx.ml";

    private const int MaxShared = 1 << 16; // bytes of a constant that is looked for among the others
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FormValue> _weights = new(StringComparer.Ordinal);
    private readonly Dictionary<UInt128, FormValue> _constants = [];
    private readonly Dictionary<(int First, int End), FormValue> _slices = [];
    private readonly Dictionary<int, (FormValue Ids, FormValue? Weights)> _lists = [];
    private FormValue? _ids;
    private FormValue? _rows;
    private int _columns;

    public Schema.Graph Graph { get; } = new();

    /// <summary>The tables that were read, whose bytes are still to be put somewhere.</summary>
    public List<(Schema.Tensor Tensor, NativeBuffer<float> Numbers)> Tables { get; } = [];

    public List<OnnxPort> Inputs { get; } = [];

    public List<OnnxPort> Outputs { get; } = [];

    /// <summary>What names of nodes begin with.</summary>
    public string Scope { get; set; } = "model";

    /// <summary>A name that nothing else has, the given one if it can be.</summary>
    public string Claim(string name)
    {
        var own = name;
        for (var i = 2; !_names.Add(own); i++)
            own = string.Create(CultureInfo.InvariantCulture, $"{name}_{i}");
        return own;
    }

    public FormValue AddInput(string name, ElementType type, int width, string meaning)
    {
        var own = Claim(name);
        Graph.Input.Add(Info(own, type, [width], meaning));
        Inputs.Add(new OnnxPort(own, TypeName(type), string.Create(CultureInfo.InvariantCulture, $"[B, {width}]"), meaning));
        return new FormValue(own);
    }

    /// <summary>Names a value as an output; the name must have been claimed before.</summary>
    public void AddOutput(FormValue value, string name, int[] row, string meaning)
    {
        var node = new Schema.Node { OpType = "Identity", Name = $"output/{name}" };
        node.Input.Add(value.Name);
        node.Output.Add(name);
        Graph.Node.Add(node);
        Graph.Output.Add(Info(name, ElementType.Float, row, meaning));
        Outputs.Add(new OnnxPort(name, "float", row.Length == 0 ? "[B]" : string.Create(CultureInfo.InvariantCulture, $"[B, {row[0]}]"),
            meaning));
    }

    /// <summary>Says what shape a row of a value has.</summary>
    public void Describe(FormValue value, Shape row) => Graph.ValueInfo.Add(Info(value.Name, ElementType.Float, row.Dimensions, null));

    /// <summary>Where the global ids [B, F] are.</summary>
    public void SetIds(FormValue ids, int columns) => (_ids, _columns) = (ids, columns);

    /// <summary>Where the global ids [B, L] of a list column are, −1 behind them, and the weights of these.</summary>
    public void SetList(int column, FormValue ids, FormValue? weights) => _lists[column] = (ids, weights);

    /// <summary>B, taken from a value.</summary>
    public void SetRows(FormValue of) => _rows = Add("Shape", [of], [new FormAttribute("start", 0), new FormAttribute("end", 1)]);

    public FormValue Add(string operation, ReadOnlySpan<FormValue> inputs, ReadOnlySpan<FormAttribute> attributes) =>
        Add("", operation, inputs, [.. attributes.ToArray().Select(Attribute)]);

    public (FormValue First, FormValue Second) AddPair(
        string operation, ReadOnlySpan<FormValue> inputs, ReadOnlySpan<FormAttribute> attributes)
    {
        var first = Add(operation, inputs, attributes);
        var second = Claim($"{first.Name}/second");
        Graph.Node[^1].Output.Add(second);
        return (first, new FormValue(second));
    }

    /// <summary>A node of a domain.</summary>
    public FormValue Add(string domain, string operation, ReadOnlySpan<FormValue> inputs, params ReadOnlySpan<Schema.Attribute> attributes)
    {
        var name = Claim($"{Scope}/{operation}");
        var node = new Schema.Node { OpType = operation, Name = name };
        if (domain.Length > 0)
            node.Domain = domain;
        foreach (var input in inputs)
            node.Input.Add(input.Name);
        node.Output.Add(name);
        node.Attribute.AddRange(attributes.ToArray());
        Graph.Node.Add(node);
        return new FormValue(name);
    }

    public FormValue Weight(Parameter parameter) => _weights.TryGetValue(parameter.Name, out var known)
        ? known
        : _weights[parameter.Name] = Constant(
            MemoryMarshal.AsBytes(Numbers(parameter)), ElementType.Float, parameter.Shape.Dimensions, parameter.Name);

    public FormValue Weight(Table table)
    {
        if (_weights.TryGetValue(table.Name, out var known))
            return known;
        var values = store.Embedding(table).Values;
        var tensor = new Schema.Tensor { Name = Claim(table.Name), DataType = (int)ElementType.Float };
        tensor.Dims.Add([table.Rows, table.Dimension]);
        Graph.Initializer.Add(tensor);
        Tables.Add((tensor, values.Borrow())); // which outlives the store, as whoever owns the rows does
        return _weights[table.Name] = new FormValue(tensor.Name);
    }

    public FormValue Constant(ReadOnlySpan<float> values, ReadOnlySpan<int> shape) =>
        Constant(MemoryMarshal.AsBytes(values), ElementType.Float, shape, null);

    public FormValue Constant(ReadOnlySpan<long> values, ReadOnlySpan<int> shape) =>
        Constant(MemoryMarshal.AsBytes(values), ElementType.Int64, shape, null);

    public FormValue Constant(ReadOnlySpan<double> values, ReadOnlySpan<int> shape) =>
        Constant(MemoryMarshal.AsBytes(values), ElementType.Double, shape, null);

    /// <summary>A constant text, [1].</summary>
    public FormValue Text(string text)
    {
        var tensor = new Schema.Tensor { Name = Claim("constant"), DataType = (int)ElementType.String };
        tensor.Dims.Add(1);
        tensor.StringData.Add(ByteString.CopyFromUtf8(text));
        Graph.Initializer.Add(tensor);
        return new FormValue(tensor.Name);
    }

    public ReadOnlySpan<float> Numbers(Parameter parameter) => store.Values(parameter);

    public FormValue Ids(int first, int end)
    {
        var ids = _ids ?? throw new InvalidOperationException("the model has no ids");
        if ((first, end) == (0, _columns))
            return ids;
        return _slices.TryGetValue((first, end), out var known)
            ? known
            : _slices[(first, end)] = Add("Slice", [ids, Constant([first], [1]), Constant([end], [1]), Constant([1L], [1])], []);
    }

    public FormValue List(int column) => _lists[column].Ids;

    public FormValue ListWeights(int column) => _lists[column].Weights!.Value;

    public FormValue Rows() => _rows ?? throw new InvalidOperationException("the model has no inputs");

    /// <summary>An attribute of text.</summary>
    public static Schema.Attribute Texts(string name, IEnumerable<ByteString> values)
    {
        var attribute = new Schema.Attribute { Name = name, Type = Schema.Attribute.Types.Kind.Strings };
        attribute.Strings.AddRange(values);
        return attribute;
    }

    public static Schema.Attribute Attribute(FormAttribute of)
    {
        var attribute = new Schema.Attribute { Name = of.Name };
        if (of.Integer is { } integer)
            (attribute.I, attribute.Type) = (integer, Schema.Attribute.Types.Kind.Int);
        if (of.Number is { } number)
            (attribute.F, attribute.Type) = (number, Schema.Attribute.Types.Kind.Float);
        if (of.Integers is { } integers)
        {
            attribute.Ints.AddRange(integers);
            attribute.Type = Schema.Attribute.Types.Kind.Ints;
        }

        return attribute;
    }

    private FormValue Constant(ReadOnlySpan<byte> bytes, ElementType type, ReadOnlySpan<int> shape, string? name)
    {
        // Equal constants are one: operators of a tower ask for the same shapes again and again.
        var isShared = name is null && bytes.Length <= MaxShared;
        var hash = isShared ? Hash(bytes, type, shape) : default;
        if (isShared && _constants.TryGetValue(hash, out var known))
            return known;
        var tensor = new Schema.Tensor { Name = Claim(name ?? "constant"), DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        foreach (var size in shape)
            tensor.Dims.Add(size);
        Graph.Initializer.Add(tensor);
        var value = new FormValue(tensor.Name);
        if (isShared)
            _constants.Add(hash, value);
        return value;
    }

    private static UInt128 Hash(ReadOnlySpan<byte> bytes, ElementType type, ReadOnlySpan<int> shape)
    {
        var hash = new XxHash128((long)type);
        hash.Append(MemoryMarshal.AsBytes([shape.Length]));
        hash.Append(MemoryMarshal.AsBytes(shape));
        hash.Append(bytes);
        return hash.GetCurrentHashAsUInt128();
    }

    private static Schema.ValueInfo Info(string name, ElementType type, ReadOnlySpan<int> row, string? meaning)
    {
        var shape = new Schema.Dimensions();
        shape.Dim.Add(new Schema.Dimensions.Types.Dimension { DimParam = "batch" });
        foreach (var size in row)
            shape.Dim.Add(new Schema.Dimensions.Types.Dimension { DimValue = size });
        var info = new Schema.ValueInfo
        {
            Name = name,
            Type = new Schema.Type { TensorType = new Schema.Type.Types.Tensor { ElemType = (int)type, Shape = shape } },
        };
        if (meaning is not null)
            info.DocString = meaning;
        return info;
    }

    private static string TypeName(ElementType type) => type switch
    {
        ElementType.Float => "float",
        ElementType.Double => "double",
        ElementType.Int64 => "int64",
        _ => "string",
    };
}
