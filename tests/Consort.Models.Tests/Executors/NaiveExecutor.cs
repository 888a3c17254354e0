using Consort.Compute.Graphs;

namespace Consort.Models.Tests.Executors;

/// <summary>
/// A second executor of graphs: it knows no operation of ours, only the standard operators that each is written with, and trains in double
/// precision. What it needs of the numbers are those to begin with.
/// </summary>
internal sealed class NaiveExecutor(Graph graph, Func<Parameter, double[]> dense, Func<Table, double[]> rows) : IFormNodes
{
    private readonly Dictionary<string, Tensor> _values = [];
    private readonly HashSet<string> _trained =
        [.. graph.Parameters.Where(p => p.IsTrained).Select(p => p.Name), .. graph.Tables.Where(t => t.IsTrained).Select(t => t.Name)];
    private NaiveBatch _batch = new([], [], [], 0);

    /// <summary>The parameters and tables that were read, by name.</summary>
    public Dictionary<string, Tensor> Weights { get; } = [];

    /// <summary>One step of gradient descent on the mean cross-entropy; gives the loss before it.</summary>
    public double Train(NaiveBatch batch, double[] labels, double rate)
    {
        Tensor.Record();
        var logits = Forward(batch);
        var loss = 0.0;
        foreach (var member in logits)
            for (var row = 0; row < batch.Rows; row++)
            {
                var z = member.Data[row];
                loss += (Math.Max(z, 0) - (z * labels[row]) + Math.Log(1 + Math.Exp(-Math.Abs(z)))) / batch.Rows;
                member.Gradient[row] += ((1 / (1 + Math.Exp(-z))) - labels[row]) / batch.Rows;
            }

        Tensor.GoBack();
        foreach (var (name, weight) in Weights)
        {
            for (var i = 0; i < weight.Data.Length && _trained.Contains(name); i++)
                weight.Data[i] -= rate * weight.Gradient[i];
            Array.Clear(weight.Gradient);
        }

        return loss;
    }

    /// <summary>The logits of all members, each [B, 1].</summary>
    public Tensor[] Forward(NaiveBatch batch)
    {
        _batch = batch;
        _values.Clear();
        int[] members = [.. Enumerable.Range(0, graph.Outputs.Count)];
        var written = new FormValue[graph.Values.Count];
        foreach (var value in GraphReach.Of(graph, members).Values)
        {
            if (value.Operation is not { } operation)
            {
                written[value.Index] = Name(new Tensor([batch.Rows, value.Shape.Size], Array.ConvertAll(batch.Numeric, x => (double)x)));
                continue;
            }

            written[value.Index] = operation.ToStandard(
                new StandardForm(this, value, [.. value.Inputs.Select(i => written[i.Index])], graph.Columns));
        }

        return [.. members.Select(m => _values[written[graph.Outputs[m].Index].Name])];
    }

    public FormValue Add(string operation, ReadOnlySpan<FormValue> inputs, ReadOnlySpan<FormAttribute> attributes)
    {
        var given = attributes.ToArray();
        if (!NaiveOperators.All.TryGetValue(operation, out var compute))
            throw new NotSupportedException($"operator {operation}: found nothing that computes it");
        return Name(compute(
            Tensors(inputs), (name, fallback) => Find(name) is { } found ? found.Integer ?? found.Number ?? fallback : fallback,
            given.Select(a => a.Integers).FirstOrDefault(a => a is not null)?.ToArray()));

        FormAttribute? Find(string name) => Array.Find(given, a => a.Name == name);
    }

    public (FormValue First, FormValue Second) AddPair(
        string operation, ReadOnlySpan<FormValue> inputs, ReadOnlySpan<FormAttribute> attributes)
    {
        var x = Tensors(inputs);
        var isLargest = !attributes.ToArray().Any(a => a.Name == "largest" && a.Integer == 0);
        var (values, places) = NaiveOperators.TopK(x[0], (int)x[1].Data[0], isLargest);
        return (Name(values), Name(places));
    }

    public FormValue Weight(Parameter parameter) => Weight(parameter.Name, [.. parameter.Shape.Dimensions], () => dense(parameter));

    public FormValue Weight(Table table) => Weight(table.Name, [table.Rows, table.Dimension], () => rows(table));

    public FormValue Reshaped(Parameter parameter, ReadOnlySpan<int> shape) =>
        Name(NaiveOperators.Reshaped(_values[Weight(parameter).Name], shape.ToArray()));

    public FormValue Transposed(Parameter parameter)
    {
        int[] order = [.. Enumerable.Range(0, parameter.Shape.Rank)];
        (order[^2], order[^1]) = (order[^1], order[^2]);
        return Name(NaiveOperators.Transpose(_values[Weight(parameter).Name], order));
    }

    public FormValue Constant(ReadOnlySpan<float> values, ReadOnlySpan<int> shape) =>
        Name(new Tensor(shape.ToArray(), Array.ConvertAll(values.ToArray(), x => (double)x)));

    public FormValue Constant(ReadOnlySpan<long> values, ReadOnlySpan<int> shape) =>
        Name(new Tensor(shape.ToArray(), Array.ConvertAll(values.ToArray(), x => (double)x)));

    public ReadOnlySpan<float> Numbers(Parameter parameter) =>
        throw new NotSupportedException($"{parameter.Name}: asked for as a constant, which could not be trained");

    public FormValue Ids(int first, int end) => Name(new Tensor(
        [_batch.Rows, end - first],
        [.. Enumerable.Range(0, _batch.Rows).SelectMany(row => Enumerable.Range(first, end - first)
            .Select(column => (double)_batch.Ids[(row * graph.Columns.Count) + column]))]));

    public FormValue List(int column) => OfList(column, (place, n, i) => i < n ? _batch.Lists[place + 1 + i] : -1);

    public FormValue ListWeights(int column) => OfList(
        column, (place, n, i) => i < n ? BitConverter.Int32BitsToSingle(_batch.Lists[place + 1 + n + i]) : 0);

    public FormValue Rows() => Name(new Tensor([1], [_batch.Rows]));

    private FormValue OfList(int column, Func<int, int, int, double> number)
    {
        var most = graph.Columns[column].Length;
        return Name(new Tensor([_batch.Rows, most], [.. Enumerable.Range(0, _batch.Rows * most).Select(at =>
        {
            var place = _batch.Ids[(at / most * graph.Columns.Count) + column];
            return number(place, _batch.Lists[place], at % most);
        })]));
    }

    private FormValue Weight(string name, int[] shape, Func<double[]> numbers)
    {
        if (!Weights.TryGetValue(name, out var tensor))
            Weights[name] = tensor = new Tensor(shape, numbers());
        _values[name] = tensor;
        return new FormValue(name);
    }

    private FormValue Name(Tensor tensor)
    {
        var name = $"#{_values.Count}";
        _values[name] = tensor;
        return new FormValue(name);
    }

    private Tensor[] Tensors(ReadOnlySpan<FormValue> values) => Array.ConvertAll(values.ToArray(), v => _values[v.Name]);
}

/// <summary>A batch as a program takes it.</summary>
internal sealed record NaiveBatch(int[] Ids, float[] Numeric, int[] Lists, int Rows);
