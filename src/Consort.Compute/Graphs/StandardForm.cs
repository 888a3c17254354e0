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

    /// <summary>A parameter under another shape of the same size.</summary>
    public FormValue Weight(Parameter parameter, params ReadOnlySpan<int> shape) => nodes.Reshaped(parameter, shape);

    /// <summary>The numbers of a parameter.</summary>
    public ReadOnlySpan<float> Numbers(Parameter parameter) => nodes.Numbers(parameter);

    /// <summary>A parameter with its last two axes swapped: [out, in] → [in, out].</summary>
    public FormValue Transposed(Parameter parameter) => nodes.Transposed(parameter);

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

    /// <summary>What operations on positions are written with.</summary>
    public PositionForm Positions => new(this, nodes, value, ranges);
}
