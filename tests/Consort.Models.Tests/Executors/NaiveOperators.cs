namespace Consort.Models.Tests.Executors;

/// <summary>The standard operators that the zoo is written with, forward and backward, as plainly as they can be said.</summary>
internal static class NaiveOperators
{
    /// <summary>Attributes of a node: whole numbers, or one float.</summary>
    public delegate double Attribute(string name, double fallback);

    public static readonly IReadOnlyDictionary<string, Func<Tensor[], Attribute, long[]?, Tensor>> All =
        new Dictionary<string, Func<Tensor[], Attribute, long[]?, Tensor>>
        {
            ["Add"] = (x, _, _) => Tensor.Joined(x[0], x[1], (a, b) => a + b, (_, _) => (1, 1)),
            ["Sub"] = (x, _, _) => Tensor.Joined(x[0], x[1], (a, b) => a - b, (_, _) => (1, -1)),
            ["Mul"] = (x, _, _) => Tensor.Joined(x[0], x[1], (a, b) => a * b, (a, b) => (b, a)),
            ["Div"] = (x, _, _) => Tensor.Joined(x[0], x[1], (a, b) => a / b, (a, b) => (1 / b, -a / (b * b))),
            ["Sum"] = (x, _, _) => x.Aggregate(Add),
            ["Mean"] = (x, _, _) => Tensor.Mapped(x.Aggregate(Add), a => a / x.Length, (_, _) => 1.0 / x.Length),
            ["Max"] = (x, _, _) => Tensor.Joined(x[0], x[1], Math.Max, (a, b) => a > b ? (1, 0) : (0, 1)),
            ["Min"] = (x, _, _) => Tensor.Joined(x[0], x[1], Math.Min, (a, b) => a < b ? (1, 0) : (0, 1)),
            ["Greater"] = (x, _, _) => Tensor.Joined(x[0], x[1], (a, b) => a > b ? 1 : 0, (_, _) => (0, 0)),
            ["GreaterOrEqual"] = (x, _, _) => Tensor.Joined(x[0], x[1], (a, b) => a >= b ? 1 : 0, (_, _) => (0, 0)),
            ["Equal"] = (x, _, _) => Tensor.Joined(x[0], x[1], (a, b) => a == b ? 1 : 0, (_, _) => (0, 0)),
            ["And"] = (x, _, _) => Tensor.Joined(x[0], x[1], (a, b) => a * b, (_, _) => (0, 0)),
            ["PRelu"] = (x, _, _) => Tensor.Joined(x[0], x[1], (a, s) => a < 0 ? a * s : a, (a, s) => a < 0 ? (s, a) : (1, 0)),
            ["Relu"] = (x, _, _) => Tensor.Mapped(x[0], a => Math.Max(a, 0), (a, _) => a > 0 ? 1 : 0),
            ["LeakyRelu"] = (x, of, _) => Tensor.Mapped(
                x[0], a => a < 0 ? a * of("alpha", 0.01) : a, (a, _) => a < 0 ? of("alpha", 0.01) : 1),
            ["Sigmoid"] = (x, _, _) => Tensor.Mapped(x[0], a => 1 / (1 + Math.Exp(-a)), (_, y) => y * (1 - y)),
            ["Tanh"] = (x, _, _) => Tensor.Mapped(x[0], Math.Tanh, (_, y) => 1 - (y * y)),
            ["Exp"] = (x, _, _) => Tensor.Mapped(x[0], Math.Exp, (_, y) => y),
            ["Log"] = (x, _, _) => Tensor.Mapped(x[0], Math.Log, (a, _) => 1 / a),
            ["Abs"] = (x, _, _) => Tensor.Mapped(x[0], Math.Abs, (a, _) => Math.Sign(a)),
            ["Identity"] = (x, _, _) => x[0],
            ["Cast"] = (x, _, _) => x[0], // truth values and whole numbers are doubles here
            ["Where"] = (x, _, _) => Add(Keep(x[0], x[1], 1), Keep(x[0], x[2], 0)),
            ["MatMul"] = (x, _, _) => MatMul(x[0], x[1]),
            ["Gemm"] = Gemm,
            ["Concat"] = (x, of, _) => Concat(x, x[0].Axis((long)of("axis", 0))),
            ["Reshape"] = (x, _, _) => Reshape(x[0], x[1]),
            ["Transpose"] = (x, _, of) => Transpose(x[0], Array.ConvertAll(of!, a => (int)a)),
            ["Unsqueeze"] = (x, _, _) => Unsqueeze(x[0], x[1]),
            ["Squeeze"] = (x, _, _) => Reshaped(x[0], [.. x[0].Shape.Where((_, i) => !x[1].Data.Contains(i))]),
            ["Expand"] = (x, _, _) => Expand(x[0], Array.ConvertAll(x[1].Data, d => (int)d)),
            ["Slice"] = (x, _, _) => Slice(x[0], (int)x[1].Data[0], (int)x[2].Data[0], (int)x[3].Data[0]),
            ["Gather"] = (x, of, _) => Gather(x[0], x[1], x[0].Axis((long)of("axis", 0))),
            ["GatherElements"] = (x, of, _) => GatherElements(x[0], x[1], x[0].Axis((long)of("axis", 0))),
            ["Pad"] = (x, _, _) => Pad(x[0], x[1], x.Length > 2 ? x[2].Data[0] : 0),
            ["ReduceSum"] = (x, of, _) => Reduce(x[0], x[0].Axis((long)x[1].Data[0]), of("keepdims", 1) != 0, isMax: false),
            ["ReduceMax"] = (x, of, axes) => Reduce(x[0], x[0].Axis(axes![0]), of("keepdims", 1) != 0, isMax: true),
            ["Softmax"] = (x, of, _) => Softmax(x[0], x[0].Axis((long)of("axis", -1))),
            ["LayerNormalization"] = LayerNorm,
            ["BatchNormalization"] = BatchNorm,
        };

    /// <summary>The places of the k greatest, or least, along the last axis; of equal ones the first.</summary>
    public static (Tensor Values, Tensor Places) TopK(Tensor x, int k, bool isLargest)
    {
        var (width, rows) = (x.Shape[^1], x.Data.Length / x.Shape[^1]);
        int[] shape = [.. x.Shape[..^1], k];
        int[] from = [.. Enumerable.Range(0, rows).SelectMany(row => Enumerable.Range(row * width, width)
            .OrderBy(i => isLargest ? -x.Data[i] : x.Data[i]).Take(k))];
        return (Tensor.Taken(x, shape, from), new Tensor(shape, Array.ConvertAll(from, i => (double)(i % width))));
    }

    private static Tensor Add(Tensor a, Tensor b) => All["Add"]([a, b], (_, fallback) => fallback, null);

    /// <summary>The same numbers under another shape.</summary>
    public static Tensor Reshaped(Tensor x, int[] shape) => Tensor.Taken(x, shape, [.. Enumerable.Range(0, x.Data.Length)]);

    // x where the condition is so, 0 elsewhere, whatever stands there.
    private static Tensor Keep(Tensor condition, Tensor x, double wanted) => Tensor.Joined(
        condition, x, (c, a) => c == wanted ? a : 0, (c, _) => (0, c == wanted ? 1 : 0));

    private static Tensor MatMul(Tensor a, Tensor b)
    {
        int m = a.Shape[^2], depth = a.Shape[^1], n = b.Shape[^1];
        var batch = Tensor.Broadcast(a.Shape[..^2], b.Shape[..^2]);
        var (ofA, ofB) = (Tensor.Places(a.Shape[..^2], batch), Tensor.Places(b.Shape[..^2], batch));
        var data = new double[ofA.Length * m * n];
        Walk((i, j, c) => data[c] += a.Data[i] * b.Data[j]);
        return new Tensor([.. batch, m, n], data, gradient => Walk((i, j, c) =>
        {
            a.Gradient[i] += gradient[c] * b.Data[j];
            b.Gradient[j] += gradient[c] * a.Data[i];
        }));

        void Walk(Action<int, int, int> each)
        {
            for (var p = 0; p < ofA.Length; p++)
                for (var row = 0; row < m; row++)
                    for (var column = 0; column < n; column++)
                        for (var k = 0; k < depth; k++)
                            each((((ofA[p] * m) + row) * depth) + k, (((ofB[p] * depth) + k) * n) + column, (((p * m) + row) * n) + column);
        }
    }

    private static Tensor Gemm(Tensor[] x, Attribute of, long[]? list)
    {
        var product = MatMul(x[0], of("transB", 0) == 0 ? x[1] : Transpose(x[1], [1, 0]));
        return x.Length > 2 ? Add(product, x[2]) : product;
    }

    // Of [B, n], by the batch while training, which moves the running numbers; else by these.
    private static Tensor BatchNorm(Tensor[] x, Attribute of, long[]? list)
    {
        var (rows, epsilon) = ((double)x[0].Shape[0], of("epsilon", 1e-5));
        var (mean, variance) = (x[3], x[4]);
        if (Tensor.IsRecording)
        {
            mean = MeanOfRows(x[0]);
            var from = All["Sub"]([x[0], mean], of, list);
            variance = MeanOfRows(All["Mul"]([from, from], of, list));
            for (var i = 0; i < mean.Data.Length; i++)
            {
                x[3].Data[i] = (0.9 * x[3].Data[i]) + (0.1 * mean.Data[i]);
                x[4].Data[i] = (0.9 * x[4].Data[i]) + (0.1 * variance.Data[i] * rows / (rows - 1));
            }
        }

        var inverse = Tensor.Mapped(variance, a => 1 / Math.Sqrt(a + epsilon), (a, y) => -0.5 * y / (a + epsilon));
        var normal = All["Mul"]([All["Sub"]([x[0], mean], of, list), inverse], of, list);
        return Add(All["Mul"]([normal, x[1]], of, list), x[2]);

        Tensor MeanOfRows(Tensor values) =>
            Tensor.Mapped(Reduce(values, 0, keeps: true, isMax: false), a => a / rows, (_, _) => 1 / rows);
    }

    private static Tensor Concat(Tensor[] parts, int axis)
    {
        int[] shape = [.. parts[0].Shape];
        shape[axis] = parts.Sum(p => p.Shape[axis]);
        Tensor? whole = null;
        var start = 0;
        foreach (var part in parts)
        {
            var (first, end) = (start, start + part.Shape[axis]);
            var placed = Tensor.Taken(part, shape, Tensor.Walk(shape, index =>
            {
                if (index[axis] < first || index[axis] >= end)
                    return -1;
                int[] own = [.. index];
                own[axis] -= first;
                return Tensor.PlaceOf(part.Shape, own);
            }));
            whole = whole is null ? placed : Add(whole, placed);
            start = end;
        }

        return whole!;
    }

    private static Tensor Reshape(Tensor x, Tensor to)
    {
        var shape = to.Data.Select((d, i) => d == 0 ? x.Shape[i] : (int)d).ToArray();
        var open = Array.IndexOf(shape, -1);
        if (open >= 0)
            shape[open] = x.Data.Length / shape.Where(d => d > 0).Aggregate(1, (a, b) => a * b);
        return Reshaped(x, shape);
    }

    /// <summary>The axes in another order.</summary>
    public static Tensor Transpose(Tensor x, int[] order)
    {
        int[] shape = [.. order.Select(axis => x.Shape[axis])];
        return Tensor.Taken(x, shape, Tensor.Walk(shape, index =>
        {
            var own = new int[order.Length];
            for (var i = 0; i < order.Length; i++)
                own[order[i]] = index[i];
            return Tensor.PlaceOf(x.Shape, own);
        }));
    }

    private static Tensor Unsqueeze(Tensor x, Tensor axes)
    {
        var shape = x.Shape.ToList();
        foreach (var axis in axes.Data.Order())
            shape.Insert((int)axis, 1);
        return Reshaped(x, [.. shape]);
    }

    private static Tensor Expand(Tensor x, int[] to)
    {
        var shape = Tensor.Broadcast(x.Shape, to);
        return Tensor.Taken(x, shape, Tensor.Places(x.Shape, shape));
    }

    private static Tensor Slice(Tensor x, int start, int end, int axis)
    {
        int[] shape = [.. x.Shape];
        shape[axis] = Math.Min(end, x.Shape[axis]) - start;
        return Tensor.Taken(x, shape, Tensor.Walk(shape, index =>
        {
            int[] own = [.. index];
            own[axis] += start;
            return Tensor.PlaceOf(x.Shape, own);
        }));
    }

    private static Tensor Gather(Tensor x, Tensor places, int axis)
    {
        int[] shape = [.. x.Shape[..axis], .. places.Shape, .. x.Shape[(axis + 1)..]];
        return Tensor.Taken(x, shape, Tensor.Walk(shape, index =>
        {
            var at = Tensor.PlaceOf(places.Shape, index.AsSpan(axis, places.Rank));
            return Tensor.PlaceOf(x.Shape, [.. index[..axis], (int)places.Data[at], .. index[(axis + places.Rank)..]]);
        }));
    }

    private static Tensor GatherElements(Tensor x, Tensor places, int axis) =>
        Tensor.Taken(x, places.Shape, Tensor.Walk(places.Shape, index =>
        {
            int[] own = [.. index];
            own[axis] = (int)places.Data[Tensor.PlaceOf(places.Shape, index)];
            return Tensor.PlaceOf(x.Shape, own);
        }));

    private static Tensor Pad(Tensor x, Tensor by, double constant)
    {
        var rank = x.Rank;
        int[] shape = [.. x.Shape.Select((d, i) => d + (int)by.Data[i] + (int)by.Data[rank + i])];
        return Tensor.Taken(x, shape, Tensor.Walk(shape, index =>
        {
            int[] own = [.. index.Select((at, i) => at - (int)by.Data[i])];
            return own.Where((at, i) => at < 0 || at >= x.Shape[i]).Any() ? -1 : Tensor.PlaceOf(x.Shape, own);
        }), constant);
    }

    // Groups of numbers along an axis: the first of each, and the steps between its numbers.
    private static (int[] Firsts, int Step, int Length) Along(Tensor x, int axis)
    {
        int[] shape = [.. x.Shape];
        shape[axis] = 1;
        return (Tensor.Walk(shape, index => Tensor.PlaceOf(x.Shape, index)), Tensor.Size(x.Shape.AsSpan(axis + 1)), x.Shape[axis]);
    }

    private static Tensor Reduce(Tensor x, int axis, bool keeps, bool isMax)
    {
        var (firsts, step, length) = Along(x, axis);
        int[] shape = keeps ? [.. x.Shape[..axis], 1, .. x.Shape[(axis + 1)..]] : [.. x.Shape[..axis], .. x.Shape[(axis + 1)..]];
        if (isMax)
            return Tensor.Taken(x, shape, Array.ConvertAll(
                firsts, f => Enumerable.Range(0, length).Select(i => f + (i * step)).MaxBy(i => x.Data[i])));
        var data = Array.ConvertAll(firsts, f => Enumerable.Range(0, length).Sum(i => x.Data[f + (i * step)]));
        return new Tensor(shape, data, gradient =>
        {
            for (var i = 0; i < firsts.Length * length; i++)
                x.Gradient[firsts[i / length] + (i % length * step)] += gradient[i / length];
        });
    }

    private static Tensor Softmax(Tensor x, int axis)
    {
        var (firsts, step, length) = Along(x, axis);
        var data = new double[x.Data.Length];
        foreach (var first in firsts)
        {
            int[] own = [.. Enumerable.Range(0, length).Select(i => first + (i * step))];
            var most = own.Max(i => x.Data[i]);
            var sum = own.Sum(i => data[i] = Math.Exp(x.Data[i] - most));
            foreach (var i in own)
                data[i] /= sum;
        }

        return new Tensor(x.Shape, data, gradient =>
        {
            foreach (var first in firsts)
            {
                var mean = Enumerable.Range(0, length).Sum(i => gradient[first + (i * step)] * data[first + (i * step)]);
                for (var i = first; i < first + (length * step); i += step)
                    x.Gradient[i] += data[i] * (gradient[i] - mean);
            }
        });
    }

    private static Tensor LayerNorm(Tensor[] x, Attribute of, long[]? list)
    {
        var (input, width) = (x[0], x[0].Shape[^1]);
        var rows = input.Data.Length / width;
        var (deviations, data) = (new double[rows], new double[input.Data.Length]);
        for (var row = 0; row < rows; row++)
        {
            var own = input.Data.AsSpan(row * width, width).ToArray();
            var mean = own.Average();
            deviations[row] = Math.Sqrt(own.Average(a => (a - mean) * (a - mean)) + of("epsilon", 1e-5));
            for (var i = 0; i < width; i++)
                data[(row * width) + i] = (own[i] - mean) / deviations[row];
        }

        var normal = new Tensor(input.Shape, data, gradient =>
        {
            for (var row = 0; row < rows; row++)
            {
                var at = Enumerable.Range(row * width, width).ToArray();
                var (mean, along) = (at.Average(i => gradient[i]), at.Average(i => gradient[i] * data[i]));
                foreach (var i in at)
                    input.Gradient[i] += (gradient[i] - mean - (data[i] * along)) / deviations[row];
            }
        });
        var scaled = Tensor.Joined(normal, x[1], (a, b) => a * b, (a, b) => (b, a));
        return x.Length > 2 ? Add(scaled, x[2]) : scaled;
    }
}
