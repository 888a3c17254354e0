using Consort.Onnx;

namespace Consort.Serving.Tests.Onnx;

/// <summary>Operators that move numbers about, and those that broadcast.</summary>
internal static class OnnxShapes
{
    public static OnnxTensor Broadcast(OnnxTensor left, OnnxTensor right, Func<double, double, double> function, ElementType? type)
    {
        Assert.Equal(left.Type, right.Type);
        var shape = Common(left.Shape, right.Shape);
        var result = new double[Size(shape)];
        for (var i = 0; i < result.Length; i++)
            result[i] = function(left.Numbers[Place(shape, i, left.Shape)], right.Numbers[Place(shape, i, right.Shape)]);
        return OnnxTensor.Of(type ?? left.Type, shape, result);
    }

    public static OnnxTensor Where(OnnxTensor condition, OnnxTensor yes, OnnxTensor no)
    {
        Assert.Equal(ElementType.Bool, condition.Type);
        Assert.Equal(yes.Type, no.Type);
        var shape = Common(Common(condition.Shape, yes.Shape), no.Shape);
        bool Is(int i) => condition.Numbers[Place(shape, i, condition.Shape)] != 0;
        var places = Enumerable.Range(0, Size(shape));
        return yes.Type == ElementType.String
            ? OnnxTensor.Of(shape, places.Select(i => Is(i) ? yes.Texts[Place(shape, i, yes.Shape)] : no.Texts[Place(shape, i, no.Shape)]))
            : OnnxTensor.Of(yes.Type, shape, places.Select(i => Is(i) ? yes.Numbers[Place(shape, i, yes.Shape)]
                : no.Numbers[Place(shape, i, no.Shape)]));
    }

    public static OnnxTensor Expand(OnnxTensor x, int[] target)
    {
        var shape = Common(x.Shape, target);
        return OnnxTensor.Of(x.Type, shape, Enumerable.Range(0, Size(shape)).Select(i => x.Numbers[Place(shape, i, x.Shape)]));
    }

    public static OnnxTensor Concat(OnnxTensor[] x, int axis)
    {
        Assert.All(x, part => Assert.Equal(x[0].Type, part.Type));
        var shape = (int[])x[0].Shape.Clone();
        shape[axis] = x.Sum(p => p.Shape[axis]);
        var result = new List<double>();
        for (var outer = 0; outer < Size(shape[..axis]); outer++)
            foreach (var part in x)
            {
                var length = Size(part.Shape[axis..]);
                result.AddRange(part.Numbers.AsSpan(outer * length, length));
            }

        return OnnxTensor.Of(x[0].Type, shape, result);
    }

    public static OnnxTensor Slice(OnnxTensor x, int start, int end, int axis)
    {
        Assert.InRange(end, start + 1, x.Shape[axis]);
        return Gather(x, OnnxTensor.Of(ElementType.Int64, [end - start], Enumerable.Range(start, end - start).Select(i => (double)i)),
            axis);
    }

    public static OnnxTensor Gather(OnnxTensor x, OnnxTensor indices, int axis)
    {
        Assert.Equal(ElementType.Int64, indices.Type);
        var (outer, inner) = (Size(x.Shape[..axis]), Size(x.Shape[(axis + 1)..]));
        var result = new List<double>();
        for (var o = 0; o < outer; o++)
            foreach (var index in indices.Numbers)
            {
                Assert.InRange(index, 0, x.Shape[axis] - 1);
                result.AddRange(x.Numbers.AsSpan(((o * x.Shape[axis]) + (int)index) * inner, inner));
            }

        return OnnxTensor.Of(x.Type, [.. x.Shape[..axis], .. indices.Shape, .. x.Shape[(axis + 1)..]], result);
    }

    /// <summary>Of [B, L, n] those places of the middle axis that [B, k, n] names number by number.</summary>
    public static OnnxTensor GatherElements(OnnxTensor x, OnnxTensor indices, int axis)
    {
        Assert.Equal((ElementType.Int64, 1, 3), (indices.Type, axis, x.Shape.Length));
        var (length, width, k) = (x.Shape[1], x.Shape[2], indices.Shape[1]);
        return OnnxTensor.Of(x.Type, indices.Shape, indices.Numbers.Select((index, i) =>
        {
            Assert.InRange(index, 0, length - 1);
            return x.Numbers[(((i / (k * width) * length) + (int)index) * width) + (i % width)];
        }));
    }

    /// <summary>The k greatest or least of each row, in their order, and where they stand; of equal ones the lower place.</summary>
    public static (OnnxTensor Values, OnnxTensor Places) Top(OnnxTensor x, int k, bool isLargest)
    {
        var (rows, length) = (x.Shape[0], x.Shape[1]);
        Assert.InRange(k, 0, length);
        int[] places = [.. Enumerable.Range(0, rows).SelectMany(row => Enumerable.Range(0, length)
            .OrderBy(i => isLargest ? -x.Numbers[(row * length) + i] : x.Numbers[(row * length) + i]).ThenBy(i => i).Take(k))];
        return (OnnxTensor.Of(x.Type, [rows, k], places.Select((place, i) => x.Numbers[(i / k * length) + place])),
            OnnxTensor.Of(ElementType.Int64, [rows, k], places.Select(p => (double)p)));
    }

    public static OnnxTensor Transpose(OnnxTensor x, int[] axes)
    {
        var shape = axes.Select(a => x.Shape[a]).ToArray();
        var result = new double[x.Size];
        for (var i = 0; i < result.Length; i++)
        {
            var (rest, place) = (i, 0);
            for (var axis = axes.Length - 1; axis >= 0; axis--)
            {
                place += rest % shape[axis] * Size(x.Shape[(axes[axis] + 1)..]);
                rest /= shape[axis];
            }

            result[i] = x.Numbers[place];
        }

        return OnnxTensor.Of(x.Type, shape, result);
    }

    public static OnnxTensor Squeeze(OnnxTensor x, int axis)
    {
        Assert.Equal(1, x.Shape[axis]);
        return x with { Shape = [.. x.Shape[..axis], .. x.Shape[(axis + 1)..]] };
    }

    /// <summary>More columns of a matrix.</summary>
    public static OnnxTensor PadColumns(OnnxTensor x, int more, double value) => OnnxTensor.Of(x.Type, [x.Shape[0], x.Shape[1] + more],
        x.Numbers.Chunk(x.Shape[1]).SelectMany(row => row.Concat(Enumerable.Repeat(value, more))));

    public static OnnxTensor Unsqueeze(OnnxTensor x, int axis) => x with { Shape = [.. x.Shape[..axis], 1, .. x.Shape[axis..]] };

    public static OnnxTensor Sum(OnnxTensor x, int axis, bool keep) => Fold(x, axis, keep, 0, (a, b) => a + b);

    public static OnnxTensor Fold(OnnxTensor x, int axis, bool keep, double start, Func<double, double, double> function)
    {
        var (outer, length, inner) = (Size(x.Shape[..axis]), x.Shape[axis], Size(x.Shape[(axis + 1)..]));
        var result = new double[outer * inner];
        Array.Fill(result, start);
        for (var i = 0; i < x.Size; i++)
        {
            ref var place = ref result[(i / (length * inner) * inner) + (i % inner)];
            place = function(place, x.Numbers[i]);
        }

        return OnnxTensor.Of(x.Type, [.. x.Shape[..axis], .. keep ? [1] : Array.Empty<int>(), .. x.Shape[(axis + 1)..]], result);
    }

    public static OnnxTensor Softmax(OnnxTensor x, int axis)
    {
        axis = axis < 0 ? axis + x.Shape.Length : axis;
        var most = Fold(x, axis, keep: true, double.NegativeInfinity, Math.Max);
        var powers = Broadcast(x, most, (v, greatest) => Math.Exp(v - greatest), null);
        return Broadcast(powers, Sum(powers, axis, keep: true), (a, b) => a / b, null);
    }

    public static OnnxTensor MatMul(OnnxTensor left, OnnxTensor right)
    {
        Assert.Equal(left.Type, right.Type);
        var (m, k, n) = (left.Shape[^2], left.Shape[^1], right.Shape[^1]);
        Assert.Equal(k, right.Shape[^2]);
        var outer = Common(left.Shape[..^2], right.Shape[..^2]);
        var result = new double[Size(outer) * m * n];
        for (var o = 0; o < Size(outer); o++)
        {
            var (a, b) = (Place(outer, o, left.Shape[..^2]) * m * k, Place(outer, o, right.Shape[..^2]) * k * n);
            for (var i = 0; i < m; i++)
                for (var j = 0; j < n; j++)
                    for (var p = 0; p < k; p++)
                        result[(((o * m) + i) * n) + j] += left.Numbers[a + (i * k) + p] * right.Numbers[b + (p * n) + j];
        }

        return OnnxTensor.Of(left.Type, [.. outer, m, n], result);
    }

    private static int Size(int[] shape) => shape.Aggregate(1, (product, size) => product * size);

    private static int[] Common(int[] left, int[] right)
    {
        var shape = new int[Math.Max(left.Length, right.Length)];
        for (var i = 1; i <= shape.Length; i++)
        {
            var (a, b) = (i > left.Length ? 1 : left[^i], i > right.Length ? 1 : right[^i]);
            Assert.True(a == b || a == 1 || b == 1, $"[{string.Join(", ", left)}] and [{string.Join(", ", right)}] do not fit");
            shape[^i] = Math.Max(a, b);
        }

        return shape;
    }

    // Where place i of a shape lies in what was broadcast to it.
    private static int Place(int[] shape, int i, int[] of)
    {
        var (place, stride) = (0, 1);
        for (var axis = 1; axis <= shape.Length; axis++)
        {
            var index = i % shape[^axis];
            i /= shape[^axis];
            if (axis > of.Length)
                continue;
            place += of[^axis] == 1 ? 0 : index * stride;
            stride *= of[^axis];
        }

        return place;
    }
}
