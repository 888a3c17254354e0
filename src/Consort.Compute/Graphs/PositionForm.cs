namespace Consort.Compute.Graphs;

/// <summary>
/// What operations on positions are written with in ONNX. A value at positions has B · L rows there, those of histories padded to the
/// longest one: whatever works row by row is written as for impressions, and what is behind a history's end is masked where rows come
/// together.
/// </summary>
/// <param name="form">Of the operation.</param>
/// <param name="nodes">Where nodes go.</param>
/// <param name="value">The value that the operation gives.</param>
/// <param name="ranges">The ids of the categorical columns.</param>
public sealed class PositionForm(StandardForm form, IFormNodes nodes, Value value, IReadOnlyList<IdRange> ranges)
{
    /// <summary>
    /// The rows of a table for the ids of a list one by one, [B · L, D]: at positions B · L stands for N, and what is behind a list's ids
    /// is zeros.
    /// </summary>
    public FormValue LookUp(Table table, int column, Positions at)
    {
        var (ids, length, history) = (nodes.List(column), ranges[column].Length, ranges[at.Column].Length);
        var most = at.RowsOf(history);
        if (length > history)
            (ids, length) = (form.Slice(ids, 0, history), history);
        if (length < most)
            ids = form.Node("Pad", ids, form.Constant(0, 0, 0, most - length), form.Constant(-1)); // [B, L]
        var shift = new RowNumbers(ranges, table.Columns).Shift(column);
        var isThere = form.Node("GreaterOrEqual", ids, form.Constant(0));
        var places = form.Node("Where", isThere, form.Node("Sub", ids, form.Constant((long)shift)), form.Constant(0L));
        var isOwn = Unsqueeze(Float(isThere), form.Constant(2));
        var rows = form.Multiply(form.Node("Gather", nodes.Weight(table), places), isOwn); // [B, L, D]
        return Flat(form.Multiply(rows, Unsqueeze(Float(IsThere(at, most)), form.Constant(2))), table.Dimension);
    }

    /// <summary>What impressions have, [B, n], at each of their positions, [B · L, n].</summary>
    public FormValue Spread(FormValue of, int size)
    {
        var most = value.Most;
        var row = Unsqueeze(of, form.Constant(1)); // [B, 1, n]
        var all = Rows(form.Constant(most, size));
        return Flat(form.Node("Expand", row, all), size);
    }

    /// <summary>One row an impression of its positions, [B · L, n] → [B, n]: their Mean, their Sum or the Last.</summary>
    public FormValue Pool(FormValue of, int size, string kind)
    {
        var at = value.Inputs.First(i => i.At is not null);
        var isThere = Float(IsThere(at.At!, at.Most)); // [B, L]
        var count = form.Sum(isThere, 1, keep: true); // [B, 1]
        var wanted = isThere;
        if (kind == "Last" && at.At!.WithTarget)
            wanted = Float(form.Node("Equal", Places(at.Most), form.Constant((long)at.Most - 1)));
        else if (kind == "Last")
            wanted = Float(form.Node("Equal", Places(at.Most), form.Node("Sub", Whole(count), form.Constant(1))));
        var sum = form.Sum(form.Multiply(Deep(of, at.Most, size), Unsqueeze(wanted, form.Constant(2))), 1); // [B, n]
        return kind == "Mean" ? form.Node("Div", sum, form.Node("Max", count, form.Scalar(1))) : sum;
    }

    /// <summary>Shares of 1 over the positions of each impression, [B · L, 1] → [B · L, 1]; 0 where there is no position.</summary>
    public FormValue SoftmaxOfPositions(FormValue of)
    {
        var at = value.Inputs[0];
        var isThere = IsThere(at.At!, at.Most); // [B, L]
        var held = form.Node("Where", isThere, form.Node("Reshape", of, form.Constant(-1, at.Most)), form.Scalar(-1e30)); // [B, L]
        var shares = form.Node("Softmax", new FormAttribute("axis", 1), held); // [B, L]
        return Flat(Unsqueeze(form.Multiply(shares, Float(isThere)), form.Constant(2)), 1);
    }

    /// <summary>The inner product of what an impression has with each of its positions, [B, n] and [B · L, n] → [B · L, 1].</summary>
    public FormValue DotOf(FormValue target, FormValue positions, int size) =>
        Flat(form.Node("MatMul", Deep(positions, value.Most, size), Unsqueeze(target, form.Constant(2))), 1);

    /// <summary>The rows with the greatest scores, in their order, [B · L, 1] and [B · L, n] → [B · k, n].</summary>
    public FormValue Top(FormValue scores, FormValue of, int size)
    {
        var (at, k) = (value.Inputs[0], form.Constant((long)value.Most));
        var held = form.Node("Where", IsThere(at.At!, at.Most),
            form.Node("Reshape", scores, form.Constant(-1, at.Most)), form.Scalar(float.MinValue)); // [B, L]
        // Of equal scores TopK takes the lower place; a second one puts places in order.
        var places = nodes.AddPair("TopK", [held, k], []).Second; // [B, k]
        places = nodes.AddPair("TopK", [places, k], [new FormAttribute("largest", 0)]).First;
        var indices = form.Node("Expand", Unsqueeze(places, form.Constant(2)), Rows(form.Constant(value.Most, size))); // [B, k, n]
        return Flat(form.Node("GatherElements", new FormAttribute("axis", 1), Deep(of, at.Most, size), indices), size);
    }

    /// <summary>The target behind its impression's positions: [B · L, n] and [B, n] → [B · (L + 1), n].</summary>
    public FormValue AppendTarget(FormValue positions, FormValue target, int size)
    {
        var all = form.Node("Concat", new FormAttribute("axis", 1),
            Deep(positions, value.Most - 1, size), Unsqueeze(target, form.Constant(1))); // [B, L + 1, n]
        return Flat(all, size);
    }

    /// <summary>A vector for the place of each position, counted back from the end, [B · L, D].</summary>
    public FormValue PlacesOf(Parameter vectors)
    {
        var (at, most) = (value.At!, value.Most);
        var history = at.WithTarget ? most - 1 : most;
        var count = form.Sum(Whole(IsThere(at with { WithTarget = false }, history)), 1, keep: true); // [B, 1]
        var places = form.Node("Sub", form.Node("Add", Places(history), form.Constant((long)history)), count); // L − n + i, [B, L]
        places = form.Node("Min", places, form.Constant((long)most - 1));
        var rows = form.Node("Gather", nodes.Weight(vectors), places); // [B, L, D]
        if (at.WithTarget)
        {
            var last = form.Node("Expand", form.Slice(nodes.Weight(vectors), most - 1, most, axis: 0),
                Rows(form.Constant(1, vectors.Shape[1])));
            rows = form.Node("Concat", new FormAttribute("axis", 1), rows, last);
        }

        return Flat(rows, vectors.Shape[1]);
    }

    /// <summary>
    /// Attention within impressions: queries [B · L, A] or [B, A], keys and values [B · L, 2 A] → as many rows as queries.
    /// </summary>
    public FormValue Attention(int heads, bool isCausal)
    {
        var (width, at) = (value.Shape.Size, value.Inputs[1]);
        var (d, most, asked) = (width / heads, at.Most, value.At is null ? 1 : value.Most);
        FormValue Heads(FormValue of, int rows, long[] order) =>
            form.Permute(form.Node("Reshape", of, form.Constant(-1, rows, heads, d)), order);
        var queries = Heads(form.Inputs[0], asked, [0, 2, 1, 3]); // [B, H, Q, d]
        var keys = Heads(form.Slice(form.Inputs[1], 0, width), most, [0, 2, 3, 1]); // [B, H, d, L]
        var values = Heads(form.Slice(form.Inputs[1], width, 2 * width), most, [0, 2, 1, 3]); // [B, H, L, d]
        var isThere = Unsqueeze(IsThere(at.At!, most), form.Constant(1, 2)); // [B, 1, 1, L]
        if (isCausal && value.At is not null)
        {
            var sees = new float[most * most];
            for (var i = 0; i < sees.Length; i++)
                sees[i] = i % most <= i / most ? 1 : 0;
            isThere = form.Node("And", isThere, form.Node("Greater", nodes.Constant(sees, [1, 1, most, most]), form.Scalar(0)));
        }

        var scores = form.Scale(form.Node("MatMul", queries, keys), 1 / Math.Sqrt(d)); // [B, H, Q, L]
        var shares = form.Node("Softmax", new FormAttribute("axis", -1), form.Node("Where", isThere, scores, form.Scalar(-1e30)));
        // Of an impression without positions nothing is attended to.
        var mixed = form.Node("MatMul", form.Multiply(shares, Float(isThere)), values); // [B, H, Q, d]
        return Flat(form.Permute(mixed, 0, 2, 1, 3), width);
    }

    /// <summary>A recurrent unit over the positions of each impression, unrolled: [B · L, 3 d] → [B · L, d].</summary>
    public FormValue Recurrent(string kind, Parameter weight, Parameter bias)
    {
        var (d, most) = (value.Shape.Size, value.Most);
        var received = Deep(form.Inputs[0], most, 3 * d);
        var isThere = Float(IsThere(value.At!, most)); // [B, L]
        var state = form.Node("Expand", form.Scalar(0), Rows(form.Constant((long)d))); // [B, d]
        var states = new FormValue[most];
        for (var time = 0; time < most; time++)
        {
            var x = form.Node("Squeeze", form.Slice(received, time, time + 1), form.Constant(1)); // [B, 3 d]
            var c = form.Dense(state, weight, bias); // [B, 3 d]
            FormValue Part(FormValue of, int part) => form.Slice(of, part * d, (part + 1) * d);
            FormValue Gate(int part) => form.Node("Sigmoid", form.Add(Part(x, part), Part(c, part)));
            var next = form.Node("Tanh", form.Add(Part(x, 2), form.Multiply(Gate(0), Part(c, 2))));
            var share = form.Slice(isThere, time, time + 1); // [B, 1]: without a position the state stays
            if (kind != "Agru")
                share = form.Multiply(share, Gate(1));
            if (kind != "Gru")
                share = form.Multiply(share, form.Slice(form.Node("Reshape", form.Inputs[1], form.Constant(-1, most)), time, time + 1));
            state = form.Add(state, form.Multiply(share, form.Node("Sub", next, state)));
            states[time] = Unsqueeze(state, form.Constant(1));
        }

        return Flat(most == 1 ? states[0] : form.Node("Concat", new FormAttribute("axis", 1), states), d);
    }

    // Whether each position has an id, [B, L]; the target always has.
    private FormValue IsThere(Positions at, int most)
    {
        if (at.WithTarget)
        {
            var target = form.Node("Expand", nodes.Constant([1f], [1, 1]), Rows(form.Constant(1L)));
            return form.Node("Concat", new FormAttribute("axis", 1), IsThere(at with { WithTarget = false }, most - 1),
                form.Node("Greater", target, form.Scalar(0)));
        }

        var ids = nodes.List(at.Column);
        var length = ranges[at.Column].Length;
        if (length > most)
            ids = form.Slice(ids, 0, most);
        if (length < most)
            ids = form.Node("Pad", ids, form.Constant(0, 0, 0, most - length), form.Constant(-1));
        return form.Node("GreaterOrEqual", ids, form.Constant(0));
    }

    // B and more, a shape
    private FormValue Rows(FormValue more) => form.Node("Concat", new FormAttribute("axis", 0), nodes.Rows(), more);

    private FormValue Whole(FormValue of) => form.Node("Cast", new FormAttribute("to", 7), of);

    private FormValue Unsqueeze(FormValue of, FormValue axes) => form.Node("Unsqueeze", of, axes);

    private FormValue Float(FormValue of) => form.Node("Cast", new FormAttribute("to", 1), of);

    // 0, 1, …, L − 1, [1, L]
    private FormValue Places(int most) => nodes.Constant([.. Enumerable.Range(0, most).Select(i => (long)i)], [1, most]);

    private FormValue Flat(FormValue of, int size) => form.Node("Reshape", of, form.Constant(-1, size));

    private FormValue Deep(FormValue of, int most, int size) => form.Node("Reshape", of, form.Constant(-1, most, size));
}
