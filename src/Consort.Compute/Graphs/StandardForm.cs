namespace Consort.Compute.Graphs;

/// <summary>
/// What one operation writes its ONNX form with. All values have the batch as their first axis: a row of shape [F, D] is [B, F, D], and B
/// stays open.
/// </summary>
/// <param name="nodes">Where nodes go.</param>
/// <param name="value">The value that the operation gives.</param>
/// <param name="inputs">What it is computed from, already written.</param>
/// <param name="ranges">The ids of the categorical columns.</param>
public sealed class StandardForm(IFormNodes nodes, Value value, IReadOnlyList<FormValue> inputs, IReadOnlyList<IdRange> ranges)
{
    /// <summary>The number of categorical columns.</summary>
    public int Columns => ranges.Count;

    /// <summary>The inputs.</summary>
    public IReadOnlyList<FormValue> Inputs => inputs;

    /// <summary>The first input.</summary>
    public FormValue Input => inputs[0];

    /// <summary>The shape of a row of an input.</summary>
    public Shape InputShape(int input = 0) => value.Inputs[input].Shape;

    /// <summary>The shape of a row of the result.</summary>
    public Shape OutputShape => value.Shape;

    /// <summary>A node without attributes.</summary>
    public FormValue Node(string operation, params ReadOnlySpan<FormValue> of) => nodes.Add(operation, of, []);

    /// <summary>A node with one attribute.</summary>
    public FormValue Node(string operation, FormAttribute attribute, params ReadOnlySpan<FormValue> of) =>
        nodes.Add(operation, of, [attribute]);

    /// <summary>A node with some attributes.</summary>
    public FormValue Node(string operation, FormAttribute[] attributes, params ReadOnlySpan<FormValue> of) =>
        nodes.Add(operation, of, attributes);

    /// <summary>A ⊙ B, with NumPy's broadcasting.</summary>
    public FormValue Multiply(FormValue left, FormValue right) => Node("Mul", left, right);

    /// <summary>A + B, with NumPy's broadcasting.</summary>
    public FormValue Add(FormValue left, FormValue right) => Node("Add", left, right);

    /// <summary>c · A.</summary>
    public FormValue Scale(FormValue of, double factor) => factor == 1 ? of : Multiply(of, Scalar(factor));

    /// <summary>A constant number.</summary>
    public FormValue Scalar(double number) => nodes.Constant([(float)number], []);

    /// <summary>Constant floats.</summary>
    public FormValue Constant(ReadOnlySpan<float> values, params ReadOnlySpan<int> shape) => nodes.Constant(values, shape);

    /// <summary>Constant whole numbers, [n].</summary>
    public FormValue Constant(params ReadOnlySpan<long> values) => nodes.Constant(values, [values.Length]);

    /// <summary>A parameter.</summary>
    public FormValue Weight(Parameter parameter) => nodes.Weight(parameter);

    /// <summary>The numbers of a parameter.</summary>
    public ReadOnlySpan<float> Numbers(Parameter parameter) => nodes.Numbers(parameter);

    /// <summary>A parameter with its last two axes swapped: [out, in] → [in, out].</summary>
    public FormValue Transposed(Parameter parameter)
    {
        var dimensions = parameter.Shape.Dimensions.ToArray();
        var (rows, columns) = (dimensions[^2], dimensions[^1]);
        (dimensions[^2], dimensions[^1]) = (columns, rows);
        var numbers = nodes.Numbers(parameter);
        var turned = new float[numbers.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            var (row, column) = (i / columns % rows, i % columns);
            turned[i - (i % (rows * columns)) + (column * rows) + row] = numbers[i];
        }

        return nodes.Constant(turned, dimensions);
    }

    /// <summary>The rows of a table for the ids of columns [first, end), those of a list pooled: [B, columns, D].</summary>
    public FormValue LookUp(Table table, int first, int end)
    {
        var parts = new List<FormValue>();
        for (int start = first, next; start < end; start = next)
        {
            next = start + 1;
            if (ranges[start].List is { } list)
            {
                parts.Add(Pooled(table, start, list, 0));
                continue;
            }

            while (next < end && ranges[next].List is null)
                next++;
            parts.Add(Node("Gather", nodes.Weight(table), nodes.Ids(start, next)));
        }

        return Joined(parts);
    }

    /// <summary>The rows of a table that has columns of its own, [B, columns, D].</summary>
    public FormValue LookUp(Table table)
    {
        var columns = table.Columns!;
        var rows = new RowNumbers(ranges, columns);
        if (columns.Any(c => ranges[c].List is not null))
            return Joined([.. columns.Select(c => ranges[c].List is { } list ? Pooled(table, c, list, rows.Shift(c)) : Found([c]))]);
        return Found([.. columns.Select(c => (long)c)]);

        FormValue Found(ReadOnlySpan<long> some)
        {
            var shifts = some.ToArray().Select(c => (long)rows.Shift((int)c)).ToArray();
            return Node("Gather", nodes.Weight(table), Node("Sub", Take(nodes.Ids(0, Columns), some), Constant(shifts))); // [B, some, D]
        }
    }

    // A list's rows as one, [B, 1, D]. Behind its ids stands −1.
    private FormValue Pooled(Table table, int column, IdList list, int shift)
    {
        var (ids, given) = (nodes.List(column), list.IsWeighted ? nodes.ListWeights(column) : default); // [B, L]
        var isThere = Node("GreaterOrEqual", ids, Constant(0)); // [B, L]
        var places = Node("Sub", Node("Where", isThere, ids, Constant((long)shift)), Constant((long)shift));
        var rows = Node("Gather", nodes.Weight(table), places); // [B, L, D]
        var share = Node("Cast", new FormAttribute("to", 1), isThere); // [B, L]
        if (list.Pooling == Pooling.Max)
        {
            var lowest = Node("Where", Node("Unsqueeze", isThere, Constant(2)), rows, Scalar(float.MinValue));
            var greatest = Node("ReduceMax", [new FormAttribute("axes", [1L]), new FormAttribute("keepdims", 1)], lowest);
            return Multiply(greatest, Node("Unsqueeze", Node("Cast", new FormAttribute("to", 1),
                Node("Greater", Sum(share, 1, keep: true), Scalar(0))), Constant(2)));
        }

        if (list.IsWeighted)
            share = Multiply(share, given);
        var sum = Sum(Multiply(rows, Node("Unsqueeze", share, Constant(2))), 1, keep: true); // [B, 1, D]
        if (list.Pooling == Pooling.Sum)
            return sum;
        var total = Sum(share, 1, keep: true); // [B, 1]
        total = Node("Where", Node("Greater", total, Scalar(0)), total, Scalar(1));
        return Node("Div", sum, Node("Unsqueeze", total, Constant(2)));
    }

    private FormValue Joined(List<FormValue> parts) =>
        parts.Count == 1 ? parts[0] : Node("Concat", new FormAttribute("axis", 1), [.. parts]);

    /// <summary>Under another shape of a row, of the same size.</summary>
    public FormValue Reshape(FormValue of, params ReadOnlySpan<int> row)
    {
        var shape = new long[row.Length + 1]; // 0 keeps B
        for (var i = 0; i < row.Length; i++)
            shape[i + 1] = row[i];
        return Node("Reshape", of, Constant(shape));
    }

    /// <summary>The sum over one axis, counted with B as axis 0.</summary>
    public FormValue Sum(FormValue of, int axis, bool keep = false) =>
        Node("ReduceSum", new FormAttribute("keepdims", keep ? 1 : 0), of, Constant(axis));

    /// <summary>Those places of an axis that the indices name.</summary>
    public FormValue Take(FormValue of, ReadOnlySpan<long> indices, int axis = 1) =>
        Node("Gather", new FormAttribute("axis", axis), of, Constant(indices));

    /// <summary>Places [start, end) of an axis.</summary>
    public FormValue Slice(FormValue of, int start, int end, int axis = 1) =>
        Node("Slice", of, Constant(start), Constant(end), Constant(axis));

    /// <summary>The axes in another order.</summary>
    public FormValue Permute(FormValue of, params long[] axes) => Node("Transpose", new FormAttribute("perm", axes), of);

    /// <summary>x Wᵀ + b of x [B, n].</summary>
    public FormValue Dense(FormValue of, Parameter weight, Parameter? bias) => bias is null
        ? Node("Gemm", new FormAttribute("transB", 1), of, Weight(weight))
        : Node("Gemm", new FormAttribute("transB", 1), of, Weight(weight), Weight(bias));

    /// <summary>A vector for every row: [n] → [B, n].</summary>
    public FormValue Repeat(FormValue vector, int width) =>
        Node("Expand", vector, Node("Concat", new FormAttribute("axis", 0), nodes.Rows(), Constant(width)));

    /// <summary>⟨x, y⟩ of every row, [B, 1].</summary>
    public FormValue Dot(FormValue left, FormValue right, int size) => Sum(Reshape(Multiply(left, right), size), 1, keep: true);

    /// <summary>The places of the left and of the right field of every pair, in the order (0,1), (0,2), …, (1,2), ….</summary>
    public static (long[] Left, long[] Right) Pairs(int fields)
    {
        var (left, right) = (new List<long>(), new List<long>());
        for (var i = 0; i < fields; i++)
            for (var j = i + 1; j < fields; j++)
            {
                left.Add(i);
                right.Add(j);
            }

        return ([.. left], [.. right]);
    }

    /// <summary>
    /// The rows of a table for the ids of a list one by one, [B · L, D]: at positions B · L stands for N, and what is behind a list's ids is
    /// zeros.
    /// </summary>
    public FormValue LookUpPositions(Table table, int column, Positions at)
    {
        var (ids, length, most) = (nodes.List(column), ranges[column].Length, ranges[at.Column].Length);
        if (length > most)
            ids = Slice(ids, 0, most);
        if (length < most)
            ids = Node("Pad", ids, Constant(0, 0, 0, most - length), Constant(-1)); // [B, L]
        var shift = new RowNumbers(ranges, table.Columns).Shift(column);
        var places = Node("Where", Node("GreaterOrEqual", ids, Constant(0)), Node("Sub", ids, Constant((long)shift)), Constant(0L));
        var rows = Multiply(Node("Gather", nodes.Weight(table), places), Node("Unsqueeze", Float(IsThere(new Positions(column), most)), Constant(2)));
        return Flat(Multiply(rows, Node("Unsqueeze", Float(IsThere(at, most)), Constant(2))), table.Dimension);
    }

    /// <summary>What impressions have, [B, n], at each of their positions, [B · L, n].</summary>
    public FormValue Spread(FormValue of, int size)
    {
        var most = value.Most;
        var row = Node("Unsqueeze", of, Constant(1)); // [B, 1, n]
        var all = Node("Concat", new FormAttribute("axis", 0), nodes.Rows(), Constant(most, size));
        return Flat(Node("Expand", row, all), size);
    }

    /// <summary>One row an impression of its positions, [B · L, n] → [B, n]: their Mean, their Sum or the Last.</summary>
    public FormValue Pool(FormValue of, int size, string kind)
    {
        var at = value.Inputs.First(i => i.At is not null);
        var isThere = Float(IsThere(at.At!, at.Most)); // [B, L]
        var count = Sum(isThere, 1, keep: true); // [B, 1]
        var wanted = isThere;
        if (kind == "Last" && at.At!.WithTarget)
            wanted = Float(Node("Equal", Places(at.Most), Constant((long)at.Most - 1)));
        else if (kind == "Last")
            wanted = Float(Node("Equal", Places(at.Most), Node("Sub", Node("Cast", new FormAttribute("to", 7), count), Constant(1))));
        var sum = Sum(Multiply(Deep(of, at.Most, size), Node("Unsqueeze", wanted, Constant(2))), 1); // [B, n]
        return kind == "Mean" ? Node("Div", sum, Node("Max", count, Scalar(1))) : sum;
    }

    /// <summary>Shares of 1 over the positions of each impression, [B · L, 1] → [B · L, 1]; 0 where there is no position.</summary>
    public FormValue SoftmaxOfPositions(FormValue of)
    {
        var at = value.Inputs[0];
        var isThere = IsThere(at.At!, at.Most); // [B, L]
        var held = Node("Where", isThere, Node("Reshape", of, Constant(-1, at.Most)), Scalar(-1e30)); // [B, L]
        return Flat(Node("Unsqueeze", Multiply(Node("Softmax", new FormAttribute("axis", 1), held), Float(isThere)), Constant(2)), 1);
    }

    /// <summary>The target behind its impression's positions: [B · L, n] and [B, n] → [B · (L + 1), n].</summary>
    public FormValue AppendTarget(FormValue positions, FormValue target, int size)
    {
        var all = Node("Concat", new FormAttribute("axis", 1), Deep(positions, value.Most - 1, size), Node("Unsqueeze", target, Constant(1)));
        return Flat(all, size);
    }

    /// <summary>A vector for the place of each position, counted back from the end, [B · L, D].</summary>
    public FormValue PlacesOf(Parameter vectors)
    {
        var (at, most) = (value.At!, value.Most);
        var history = at.WithTarget ? most - 1 : most;
        var count = Sum(Node("Cast", new FormAttribute("to", 7), IsThere(at with { WithTarget = false }, history)), 1, keep: true); // [B, 1]
        var places = Node("Sub", Node("Add", Places(history), Constant((long)history)), count); // L − n + i, [B, L]
        places = Node("Min", places, Constant((long)most - 1));
        var rows = Node("Gather", nodes.Weight(vectors), places); // [B, L, D]
        if (at.WithTarget)
        {
            var last = Node("Expand", Slice(nodes.Weight(vectors), most - 1, most, axis: 0),
                Node("Concat", new FormAttribute("axis", 0), nodes.Rows(), Constant(1, vectors.Shape[1])));
            rows = Node("Concat", new FormAttribute("axis", 1), rows, last);
        }

        return Flat(rows, vectors.Shape[1]);
    }

    /// <summary>Attention within impressions: queries [B · L, A] or [B, A], keys and values [B · L, 2 A] → as many rows as queries.</summary>
    public FormValue Attention(int heads, bool isCausal)
    {
        var (width, at) = (value.Shape.Size, value.Inputs[1]);
        var (d, most, asked) = (width / heads, at.Most, value.At is null ? 1 : value.Most);
        FormValue Heads(FormValue of, int rows, long[] order) => Permute(Node("Reshape", of, Constant(-1, rows, heads, d)), order);
        var queries = Heads(inputs[0], asked, [0, 2, 1, 3]); // [B, H, Q, d]
        var keys = Heads(Slice(inputs[1], 0, width), most, [0, 2, 3, 1]); // [B, H, d, L]
        var values = Heads(Slice(inputs[1], width, 2 * width), most, [0, 2, 1, 3]); // [B, H, L, d]
        var isThere = Node("Unsqueeze", IsThere(at.At!, most), Constant(1, 2)); // [B, 1, 1, L]
        if (isCausal && value.At is not null)
        {
            var sees = new float[most * most];
            for (var i = 0; i < sees.Length; i++)
                sees[i] = i % most <= i / most ? 1 : 0;
            isThere = Node("And", isThere, Node("Greater", nodes.Constant(sees, [1, 1, most, most]), Scalar(0)));
        }

        var scores = Scale(Node("MatMul", queries, keys), 1 / Math.Sqrt(d)); // [B, H, Q, L]
        var shares = Node("Softmax", new FormAttribute("axis", -1), Node("Where", isThere, scores, Scalar(-1e30)));
        // Of an impression without positions nothing is attended to.
        var mixed = Node("MatMul", Multiply(shares, Float(isThere)), values); // [B, H, Q, d]
        return Flat(Permute(mixed, 0, 2, 1, 3), width);
    }

    /// <summary>A recurrent unit over the positions of each impression, unrolled: [B · L, 3 d] → [B · L, d].</summary>
    public FormValue Recurrent(string kind, Parameter weight, Parameter bias)
    {
        var (d, most) = (value.Shape.Size, value.Most);
        var received = Deep(inputs[0], most, 3 * d);
        var isThere = Float(IsThere(value.At!, most)); // [B, L]
        var state = Node("Expand", Scalar(0), Node("Concat", new FormAttribute("axis", 0), nodes.Rows(), Constant((long)d))); // [B, d]
        var states = new FormValue[most];
        for (var time = 0; time < most; time++)
        {
            var x = Node("Squeeze", Slice(received, time, time + 1), Constant(1)); // [B, 3 d]
            var c = Dense(state, weight, bias); // [B, 3 d]
            FormValue Part(FormValue of, int part) => Slice(of, part * d, (part + 1) * d);
            FormValue Gate(int part) => Node("Sigmoid", Add(Part(x, part), Part(c, part)));
            var next = Node("Tanh", Add(Part(x, 2), Multiply(Gate(0), Part(c, 2))));
            var share = Slice(isThere, time, time + 1); // [B, 1]: without a position the state stays
            if (kind != "Agru")
                share = Multiply(share, Gate(1));
            if (kind != "Gru")
                share = Multiply(share, Slice(Node("Reshape", inputs[1], Constant(-1, most)), time, time + 1));
            state = Add(state, Multiply(share, Node("Sub", next, state)));
            states[time] = Node("Unsqueeze", state, Constant(1));
        }

        return Flat(most == 1 ? states[0] : Node("Concat", new FormAttribute("axis", 1), states), d);
    }

    // Whether each position has an id, [B, L]; the target always has.
    private FormValue IsThere(Positions at, int most)
    {
        if (at.WithTarget)
        {
            var target = Node("Expand", nodes.Constant([1f], [1, 1]), Node("Concat", new FormAttribute("axis", 0), nodes.Rows(), Constant(1L)));
            return Node("Concat", new FormAttribute("axis", 1), IsThere(at with { WithTarget = false }, most - 1),
                Node("Greater", target, Scalar(0)));
        }

        var ids = nodes.List(at.Column);
        var length = ranges[at.Column].Length;
        if (length > most)
            ids = Slice(ids, 0, most);
        if (length < most)
            ids = Node("Pad", ids, Constant(0, 0, 0, most - length), Constant(-1));
        return Node("GreaterOrEqual", ids, Constant(0));
    }

    private FormValue Float(FormValue of) => Node("Cast", new FormAttribute("to", 1), of);

    // 0, 1, …, L − 1, [1, L]
    private FormValue Places(int most) => nodes.Constant([.. Enumerable.Range(0, most).Select(i => (long)i)], [1, most]);

    private FormValue Flat(FormValue of, int size) => Node("Reshape", of, Constant(-1, size));

    private FormValue Deep(FormValue of, int most, int size) => Node("Reshape", of, Constant(-1, most, size));
}
