using System.Buffers.Binary;
using Consort.Onnx;
using Schema = Consort.Onnx.Schema;

namespace Consort.Serving.Tests.Onnx;

/// <summary>
/// A plain evaluator of the operators that models are written with, straight from ONNX's specification, in double precision. It is strict
/// where runtimes are: types must agree, and shapes must be what the model says they are.
/// </summary>
internal static class OnnxInterpreter
{
    /// <summary>Runs a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="feeds">A tensor an input.</param>
    /// <param name="folder">Where tables of their own file lie.</param>
    public static Dictionary<string, OnnxTensor> Run(Schema.Model model, IReadOnlyDictionary<string, OnnxTensor> feeds, string folder = "")
    {
        var graph = model.Graph;
        var values = graph.Initializer.ToDictionary(t => t.Name, t => Tensor(t, folder));
        foreach (var input in graph.Input)
        {
            Assert.True(feeds.TryGetValue(input.Name, out var feed), $"no feed for {input.Name}");
            Assert.Equal(input.Type.TensorType.ElemType, (int)feed.Type);
            values.Add(input.Name, feed);
        }

        foreach (var node in graph.Node)
        {
            var x = node.Input.Select(i => values[i]).ToArray();
            if (node.OpType == "TopK")
                (values[node.Output[0]], values[node.Output[1]]) =
                    OnnxShapes.Top(x[0], (int)x[1].Numbers.Single(), Integer(node, "largest", 1) != 0);
            else
                values.Add(node.Output.Single(), Evaluate(node, x));
        }

        var rows = feeds.Values.First().Shape[0];
        foreach (var info in graph.ValueInfo.Concat(graph.Output).Concat(graph.Input))
        {
            var shape = info.Type.TensorType.Shape.Dim.Select(d => d.HasDimParam ? rows : (int)d.DimValue);
            Assert.True(shape.SequenceEqual(values[info.Name].Shape),
                $"{info.Name} is [{string.Join(", ", values[info.Name].Shape)}], the model says [{string.Join(", ", shape)}]");
            Assert.Equal(info.Type.TensorType.ElemType, (int)values[info.Name].Type);
        }

        return graph.Output.ToDictionary(o => o.Name, o => values[o.Name]);
    }

    private static OnnxTensor Tensor(Schema.Tensor tensor, string folder)
    {
        var shape = tensor.Dims.Select(d => (int)d).ToArray();
        var type = (ElementType)tensor.DataType;
        if (type == ElementType.String)
            return OnnxTensor.Of(shape, tensor.StringData.Select(OnnxTensor.Text));
        var bytes = tensor.RawData.ToByteArray();
        if (tensor.DataLocation == Schema.Tensor.Types.Location.External)
        {
            var place = tensor.ExternalData.ToDictionary(e => e.Key, e => e.Value);
            bytes = [.. File.ReadAllBytes(Path.Combine(folder, place["location"]))
                .AsSpan(int.Parse(place["offset"]), int.Parse(place["length"]))];
        }

        var size = type == ElementType.Float ? 4 : 8;
        return OnnxTensor.Of(type, shape, Enumerable.Range(0, bytes.Length / size).Select(i => type switch
        {
            ElementType.Float => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(4 * i)),
            ElementType.Double => BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(8 * i)),
            _ => (double)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8 * i)),
        }));
    }

    private static OnnxTensor Evaluate(Schema.Node node, OnnxTensor[] x)
    {
        var isWhole = x[0].Type == ElementType.Int64;
        return node.OpType switch
        {
            "Abs" => Map(x[0], Math.Abs),
            "Add" or "Sum" => Elementwise(x, (a, b) => a + b),
            "And" => Elementwise(x, (a, b) => a * b > 0 ? 1 : 0, ElementType.Bool),
            "BatchNormalization" => Normalized(x, Float(node, "epsilon", 1e-5f)),
            "Cast" => Cast(x[0], (ElementType)Integer(node, "to", 0)),
            "Concat" => OnnxShapes.Concat(x, (int)Integer(node, "axis", 0)),
            "Div" => Elementwise(x, (a, b) => isWhole ? Math.Truncate(a / b) : a / b),
            "Equal" => Elementwise(x, (a, b) => a == b ? 1 : 0, ElementType.Bool),
            "Exp" => Map(x[0], Math.Exp),
            "Expand" => OnnxShapes.Expand(x[0], [.. x[1].Numbers.Select(n => (int)n)]),
            "Floor" => Map(x[0], Math.Floor),
            "Gather" => OnnxShapes.Gather(x[0], x[1], (int)Integer(node, "axis", 0)),
            "GatherElements" => OnnxShapes.GatherElements(x[0], x[1], (int)Integer(node, "axis", 0)),
            "Gemm" => Gemm(x, Integer(node, "transB", 0) != 0),
            "Greater" => Elementwise(x, (a, b) => a > b ? 1 : 0, ElementType.Bool),
            "GreaterOrEqual" => Elementwise(x, (a, b) => a >= b ? 1 : 0, ElementType.Bool),
            "Identity" => x[0],
            "IsNaN" => Map(x[0], v => double.IsNaN(v) ? 1 : 0, ElementType.Bool),
            "LabelEncoder" => Labels(node, x[0]),
            "LayerNormalization" => LayerNorm(x, Float(node, "epsilon", 1e-5f)),
            "LeakyRelu" => Map(x[0], v => v < 0 ? v * Float(node, "alpha", 0.01f) : v),
            "Less" => Elementwise(x, (a, b) => a < b ? 1 : 0, ElementType.Bool),
            "Log" => Map(x[0], Math.Log),
            "MatMul" => OnnxShapes.MatMul(x[0], x[1]),
            "Max" => Elementwise(x, Math.Max),
            "Mean" => Map(Elementwise(x, (a, b) => a + b), v => v / x.Length),
            "Min" => Elementwise(x, Math.Min),
            "Mod" => Elementwise(x, (a, b) => a - (b * Math.Floor(a / b))),
            "Mul" => Elementwise(x, (a, b) => a * b),
            "Or" => Elementwise(x, (a, b) => a + b > 0 ? 1 : 0),
            "Pad" => OnnxShapes.PadColumns(x[0], (int)x[1].Numbers[3], x[2].Numbers.Single()),
            "PRelu" => Elementwise(x, (a, b) => a < 0 ? a * b : a),
            "ReduceMax" => OnnxShapes.Fold(x[0], (int)node.Attribute.Single(a => a.Name == "axes").Ints.Single(),
                Integer(node, "keepdims", 1) != 0, double.NegativeInfinity, Math.Max),
            "ReduceSum" => OnnxShapes.Sum(x[0], (int)x[1].Numbers.Single(), Integer(node, "keepdims", 1) != 0),
            "Relu" => Map(x[0], v => Math.Max(v, 0)),
            "Reshape" => Reshape(x[0], x[1]),
            "Shape" => Shape(x[0], (int)Integer(node, "start", 0), (int)Integer(node, "end", x[0].Shape.Length)),
            "Sigmoid" => Map(x[0], v => 1 / (1 + Math.Exp(-v))),
            "Slice" => OnnxShapes.Slice(x[0], (int)x[1].Numbers.Single(), (int)x[2].Numbers.Single(), (int)x[3].Numbers.Single()),
            "Softmax" => OnnxShapes.Softmax(x[0], (int)Integer(node, "axis", -1)),
            "Squeeze" => OnnxShapes.Squeeze(x[0], (int)x[1].Numbers.Single()),
            "Sub" => Elementwise(x, (a, b) => a - b),
            "Tanh" => Map(x[0], Math.Tanh),
            "Transpose" => OnnxShapes.Transpose(x[0], [.. node.Attribute.Single().Ints.Select(a => (int)a)]),
            "Unsqueeze" => x[1].Numbers.Aggregate(x[0], (of, axis) => OnnxShapes.Unsqueeze(of, (int)axis)),
            "Where" => OnnxShapes.Where(x[0], x[1], x[2]),
            _ => throw new InvalidOperationException($"operator {node.OpType} is not known here"),
        };
    }

    private static long Integer(Schema.Node node, string name, long other) =>
        node.Attribute.FirstOrDefault(a => a.Name == name)?.I ?? other;

    private static float Float(Schema.Node node, string name, float other) =>
        node.Attribute.FirstOrDefault(a => a.Name == name)?.F ?? other;

    private static OnnxTensor Map(OnnxTensor x, Func<double, double> function, ElementType? type = null) =>
        OnnxTensor.Of(type ?? x.Type, x.Shape, x.Numbers.Select(function));

    private static OnnxTensor Elementwise(OnnxTensor[] x, Func<double, double, double> function, ElementType? type = null) =>
        x.Length == 1 ? x[0] : x.Skip(1).Aggregate(x[0], (left, right) => OnnxShapes.Broadcast(left, right, function, type));

    private static OnnxTensor Cast(OnnxTensor x, ElementType type) => x.Type == ElementType.String
        ? OnnxTensor.Of(type, x.Shape, x.Texts.Select(t => (double)long.Parse(t, System.Globalization.CultureInfo.InvariantCulture)))
        : Map(x, v => type switch { ElementType.Int64 => Math.Truncate(v), ElementType.Bool => v != 0 ? 1 : 0, _ => v }, type);

    private static OnnxTensor Labels(Schema.Node node, OnnxTensor x)
    {
        Assert.Equal("ai.onnx.ml", node.Domain);
        var attributes = node.Attribute.ToDictionary(a => a.Name);
        var values = attributes["values_int64s"].Ints;
        var other = attributes["default_int64"].I;
        if (x.Type == ElementType.String)
        {
            var byText = attributes["keys_strings"].Strings.Zip(values).ToDictionary(p => OnnxTensor.Text(p.First), p => p.Second);
            return OnnxTensor.Of(ElementType.Int64, x.Shape, x.Texts.Select(t => (double)byText.GetValueOrDefault(t, other)));
        }

        Assert.Equal(ElementType.Int64, x.Type);
        var byNumber = attributes["keys_int64s"].Ints.Zip(values).ToDictionary(p => (double)p.First, p => p.Second);
        return OnnxTensor.Of(ElementType.Int64, x.Shape, x.Numbers.Select(n => (double)byNumber.GetValueOrDefault(n, other)));
    }

    private static OnnxTensor Gemm(OnnxTensor[] x, bool isTransposed)
    {
        Assert.Equal(2, x[0].Shape.Length);
        var product = OnnxShapes.MatMul(x[0], isTransposed ? OnnxShapes.Transpose(x[1], [1, 0]) : x[1]);
        return x.Length == 2 ? product : OnnxShapes.Broadcast(product, x[2], (a, b) => a + b, null);
    }

    // [B, n] by the scale, shift, mean and variance of each of n
    private static OnnxTensor Normalized(OnnxTensor[] x, double epsilon)
    {
        var width = x[0].Shape[1];
        return OnnxTensor.Of(x[0].Type, x[0].Shape, x[0].Numbers.Select((v, place) =>
        {
            var i = place % width;
            return ((v - x[3].Numbers[i]) / Math.Sqrt(x[4].Numbers[i] + epsilon) * x[1].Numbers[i]) + x[2].Numbers[i];
        }));
    }

    private static OnnxTensor LayerNorm(OnnxTensor[] x, double epsilon)
    {
        var width = x[0].Shape[^1];
        Assert.Equal([width], x[1].Shape);
        var result = new double[x[0].Size];
        for (var start = 0; start < result.Length; start += width)
        {
            var own = x[0].Numbers.AsSpan(start, width).ToArray();
            var mean = own.Average();
            var variance = own.Average(v => (v - mean) * (v - mean));
            for (var i = 0; i < width; i++)
                result[start + i] = ((own[i] - mean) / Math.Sqrt(variance + epsilon) * x[1].Numbers[i])
                    + (x.Length > 2 ? x[2].Numbers[i] : 0);
        }

        return OnnxTensor.Of(x[0].Type, x[0].Shape, result);
    }

    private static OnnxTensor Reshape(OnnxTensor x, OnnxTensor target)
    {
        Assert.Equal(ElementType.Int64, target.Type);
        var shape = target.Numbers.Select((n, axis) => n == 0 ? x.Shape[axis] : (int)n).ToArray();
        if (Array.IndexOf(shape, -1) is >= 0 and var open)
            shape[open] = x.Size / -shape.Aggregate(1, (product, size) => product * size);
        Assert.Equal(x.Size, shape.Aggregate(1, (product, size) => product * size));
        return x with { Shape = shape };
    }

    private static OnnxTensor Shape(OnnxTensor x, int start, int end) =>
        OnnxTensor.Of(ElementType.Int64, [end - start], x.Shape[start..end].Select(d => (double)d));
}
