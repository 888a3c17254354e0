using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Operations;

/// <summary>Operations over all pairs of fields, in single precision, against the plainest form of their formula.</summary>
public sealed unsafe class PairReferenceTests : IDisposable
{
    private readonly Workers _workers = new(2);

    // Rows around the blocks of 16 and the chunks of 128, fields and dimensions around the vectors.
    public static TheoryData<int, int, int> Sizes => new()
    {
        { 1, 2, 1 }, { 3, 3, 4 }, { 17, 5, 7 }, { 129, 9, 8 }, { 40, 10, 10 }, { 20, 39, 16 }, { 5, 13, 24 }, { 7, 6, 33 },
    };

    public void Dispose() => _workers.Dispose();

    [Theory]
    [MemberData(nameof(Sizes))]
    public void InnerProduct_AnySize_IsEveryPair(int rows, int fields, int dimension)
    {
        var (graph, embedded) = Fields(fields, dimension);
        var products = graph.Apply(new InnerProduct(), embedded);
        AddLogit(graph, products);
        using var trial = new Trial<float>(graph, rows, _workers);
        trial.Draw(rows, 1);
        trial.Forward(rows);
        var e = trial.Program.Activations(embedded);
        var found = trial.Program.Activations(products);
        var place = 0;
        for (var row = 0; row < rows; row++)
            for (var i = 0; i < fields; i++)
                for (var j = i + 1; j < fields; j++, place++)
                {
                    double sum = 0, size = 1e-3;
                    for (var d = 0; d < dimension; d++)
                    {
                        var product = (double)e[At(row, i, d)] * e[At(row, j, d)];
                        (sum, size) = (sum + product, size + Math.Abs(product));
                    }

                    Assert.Equal(sum, found[place], 1e-6 * size);
                }

        Assert.Equal(found.Length, place);

        int At(int row, int field, int d) => (((row * fields) + field) * dimension) + d;
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void BilinearInteraction_AnyKindAndSize_IsEveryPair(int rows, int fields, int dimension)
    {
        foreach (var kind in Enum.GetValues<BilinearKind>())
        {
            var (graph, embedded) = Fields(fields, dimension);
            var weight = graph.Add(new Parameter("w", new Shape(BilinearInteraction.Matrices(kind, fields), dimension, dimension),
                Initializer.Normal(0.5)));
            var other = graph.Apply(new Activate(Consort.Compute.Operations.Activation.Tanh), embedded);
            var pairs = graph.Apply(new BilinearInteraction(weight, kind), embedded, other);
            AddLogit(graph, pairs);
            using var trial = new Trial<float>(graph, rows, _workers);
            trial.Draw(rows, 1);
            trial.Forward(rows);
            var found = trial.Program.Activations(pairs);
            var w = trial.Store.Values(weight);
            var place = 0;
            for (var row = 0; row < rows; row++)
                foreach (var value in new[] { embedded, other })
                {
                    var e = trial.Program.Activations(value).Slice(row * fields * dimension, fields * dimension);
                    var pair = 0;
                    for (var i = 0; i < fields; i++)
                        for (var j = i + 1; j < fields; j++, pair++)
                            for (var d = 0; d < dimension; d++, place++)
                            {
                                var matrix = kind switch { BilinearKind.FieldAll => 0, BilinearKind.FieldEach => i, _ => pair };
                                double sum = 0, size = 1e-3;
                                for (var k = 0; k < dimension; k++)
                                {
                                    var product = (double)e[(i * dimension) + k] * w[(((matrix * dimension) + k) * dimension) + d];
                                    (sum, size) = (sum + product, size + Math.Abs(product));
                                }

                                var right = e[(j * dimension) + d];
                                Assert.Equal(sum * right, found[place], 1e-6 * size * (1 + Math.Abs(right)));
                            }
                }

            Assert.Equal(found.Length, place);
        }
    }

    private static (Graph Graph, Value Fields) Fields(int fields, int dimension)
    {
        var graph = new Graph([.. Enumerable.Range(0, fields).Select(f => new IdRange(f * 5, 5))], 0);
        var table = graph.Add(new Table("t", 5 * fields, dimension, Initializer.Normal(1)));
        return (graph, graph.Apply(new Embed(table, 0, fields))); // [B, F, D]
    }

    private static void AddLogit(Graph graph, Value value)
    {
        var weight = graph.Add(new Parameter("o", new Shape(1, value.Shape.Size), Initializer.One));
        graph.AddOutput(graph.Apply(new Linear(weight, null), value));
    }
}
