using System.Numerics;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Numbers;

namespace Consort.Compute.Tests;

/// <summary>
/// Two members on a shared table and one each of their own, with batch norm, dropout, numeric columns and sizes that no vector divides:
/// everything that an optimizer and a program meet in training.
/// </summary>
internal static class SmallFamily
{
    public const int Members = 2;
    public const int Numerics = 3;

    public static readonly IdRange[] Columns = [new(0, 700), new(700, 1), new(701, 33), new(734, 1300)];

    public static Graph Build(int dimension, int width = 19, double rate = 0.2)
    {
        var graph = new Graph(Columns, Numerics);
        var shared = graph.Add(new Table("shared", graph.Features + 5, dimension, Initializer.Normal(0.3)));
        var embedded = graph.Apply(new Embed(shared, 0, Columns.Length));
        var numeric = graph.Apply(new NumericEmbed(
            graph.Add(new Parameter("numeric", new Shape(Numerics, dimension), Initializer.Normal(0.3)))), graph.Numeric!);
        var fields = graph.Apply(new Concat(), embedded, numeric);
        var flat = graph.Apply(new Reshape(new Shape(fields.Shape.Size)), fields);
        for (var member = 0; member < Members; member++)
        {
            var own = graph.Add(new Table($"m{member}.first", graph.Features, 1, Initializer.Normal(0.3), member));
            var hidden = graph.Apply(new Linear(Add("w0", width, flat.Shape.Size), Add("b0", width)), flat);
            hidden = graph.Apply(new BatchNorm(Add("gamma", width), Add("beta", width), Untrained("mean", 0), Untrained("variance", 1)),
                hidden);
            hidden = graph.Apply(new Activate(member == 0 ? Activation.Relu : Activation.Silu), hidden);
            hidden = graph.Apply(new Dropout(rate), hidden);
            hidden = graph.Apply(new Linear(Add("w1", 7, width), Add("b1", 7), relu: true), hidden);
            var logit = graph.Apply(new Linear(Add("w2", 1, 7), null), hidden);
            var crossed = graph.Apply(new CrossNetwork([Add("c", flat.Shape.Size)], [Add("cb", flat.Shape.Size)]), flat);
            var cross = graph.Apply(new Linear(Add("w3", 1, flat.Shape.Size), Add("b3", 1)), crossed);
            graph.AddOutput(graph.Apply(new Add(), logit, cross, graph.Apply(new FirstOrder(own)),
                graph.Apply(new FactorizationMachine(), fields)));

            Parameter Add(string name, params int[] shape) =>
                graph.Add(new Parameter($"m{member}.{name}", new Shape(shape), Initializer.Normal(0.3), member));
            Parameter Untrained(string name, double start) =>
                graph.Add(new Parameter($"m{member}.{name}", new Shape(width), new ConstantInitializer(start), member, IsTrained: false));
        }

        return graph;
    }
}

/// <summary>A graph with its numbers, random batches and random logit gradients.</summary>
internal sealed class Trial<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly NativeBuffer<int> _ids;
    private readonly NativeBuffer<float> _numeric;
    private readonly List<int> _lists = [];

    public Trial(Graph graph, int capacity, Workers workers, ulong seed = 1)
    {
        Graph = graph;
        Store = new ParameterStore<T>(graph);
        Store.Initialize(seed);
        Program = new Program<T>(graph, Store, OperationKernels.Of<T>(), capacity, workers);
        _ids = new NativeBuffer<int>((long)capacity * Math.Max(1, graph.Columns.Count));
        _numeric = new NativeBuffer<float>((long)capacity * Math.Max(1, graph.Numeric?.Shape.Size ?? 0));
    }

    public Graph Graph { get; }

    public ParameterStore<T> Store { get; }

    public Program<T> Program { get; }

    public Span<int> Ids => _ids.Span;

    public Span<float> Numeric => _numeric.Span;

    /// <summary>The lists that ids of list columns name.</summary>
    public ReadOnlySpan<int> Lists => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_lists);

    /// <summary>Draws a batch; low ids come often, so that many stand in it more than once.</summary>
    public void Draw(int rows, int seed)
    {
        var random = new System.Random(seed);
        _lists.Clear();
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < Graph.Columns.Count; column++)
            {
                var range = Graph.Columns[column];
                _ids[(row * Graph.Columns.Count) + column] = range.List is { } list ? DrawList(range, list, random) : Id(range, random);
            }

        for (long i = 0; i < _numeric.Length; i++)
            _numeric[i] = (float)((random.NextDouble() * 2) - 1);
    }

    public void Forward(int rows, bool isTraining = true, ulong seed = 5) =>
        Program.Forward(_ids.Span, _numeric.Span, new Step(rows, isTraining, seed), Lists);

    private static int Id(IdRange range, System.Random random) => range.Offset + (int)(range.Size * Math.Pow(random.NextDouble(), 3));

    // Some lists are empty, some as long as they can be, and an id may stand twice.
    private int DrawList(IdRange range, IdList list, System.Random random)
    {
        var (place, n) = (_lists.Count, Math.Clamp(random.Next(-2, list.MaxLength + 3), 0, list.MaxLength));
        _lists.Add(n);
        for (var i = 0; i < n; i++)
            _lists.Add(Id(range, random));
        for (var i = 0; i < n && list.IsWeighted; i++)
            _lists.Add(BitConverter.SingleToInt32Bits(random.Next(3) == 0 ? 0 : random.NextSingle() * 3));
        return place;
    }

    public void Backward(int rows, int seed, double scale = 1)
    {
        for (var member = 0; member < Program.Members; member++)
            for (var row = 0; row < rows; row++)
                Program.LogitGradients(member)[row] = T.CreateTruncating(scale * Weight(seed, member, row));
        Program.Backward();
    }

    /// <summary>dLoss/dz of one logit.</summary>
    public static double Weight(int seed, int member, int row) =>
        (2 * new CounterRandom((ulong)seed, (ulong)member).Uniform((ulong)row)) - 1;

    /// <summary>The gradient of a whole table, [V, D], put together from the touched rows.</summary>
    public T[] TableGradient(EmbeddingTable<T> table)
    {
        var gradient = new T[table.Values.Length];
        for (var group = 0; group < table.Groups; group++)
            for (var i = 0; i < table.TouchedCount(group); i++)
                table.TouchedGradients(group).Slice(i * table.Dimension, table.Dimension)
                    .CopyTo(gradient.AsSpan(table.TouchedRows(group)[i] * table.Dimension));
        return gradient;
    }

    /// <summary>Whether the batch touched a row; rows beyond all columns have no slot.</summary>
    public static unsafe bool IsTouched(EmbeddingTable<T> table, int row) =>
        row < table.RowRange(table.Groups - 1).End && table.Slots[row] >= 0;

    /// <summary>Every number of the store.</summary>
    public T[] Numbers() => [.. Store.DenseValues.Span, .. Store.Embeddings.SelectMany(e => e.Values.Span.ToArray())];

    public void Dispose()
    {
        Program.Dispose();
        Store.Dispose();
        _ids.Dispose();
        _numeric.Dispose();
    }
}
