using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Operations;

/// <summary>Attention, compressed interactions and activations, in single precision, against the plainest form of their formula.</summary>
public sealed unsafe class AttentionReferenceTests : IDisposable
{
    private readonly Workers _workers = new(2);

    // Rows around the chunks of 128, fields and widths around the vectors.
    public static TheoryData<int, int, int> Sizes =>
        new() { { 1, 2, 1 }, { 3, 3, 4 }, { 129, 9, 8 }, { 40, 10, 32 }, { 20, 39, 5 }, { 257, 4, 3 } };

    public void Dispose() => _workers.Dispose();

    [Theory]
    [MemberData(nameof(Sizes))]
    public void SelfAttention_AnySize_IsTheSoftmaxOfInnerProducts(int rows, int fields, int head)
    {
        const int Heads = 2;
        var (graph, embedded) = Fields(fields, 3 * Heads * head);
        var attended = graph.Apply(new SelfAttention(Heads, isScaled: true), embedded);
        AddLogit(graph, attended);
        using var trial = Run(graph, rows);
        var (x, found) = (trial.Program.Activations(embedded).ToArray(), trial.Program.Activations(attended).ToArray());
        var width = Heads * head;
        for (var row = 0; row < rows; row++)
            for (var h = 0; h < Heads; h++)
                for (var i = 0; i < fields; i++)
                {
                    var powers = Enumerable.Range(0, fields)
                        .Select(j => Math.Exp(Enumerable.Range(h * head, head)
                            .Sum(d => (double)At(i, d) * At(j, width + d)) / Math.Sqrt(head))).ToArray();
                    for (var d = h * head; d < (h + 1) * head; d++)
                        Assert.Equal(
                            Enumerable.Range(0, fields).Sum(j => powers[j] * At(j, (2 * width) + d)) / powers.Sum(),
                            found[(((row * fields) + i) * width) + d], 2e-5);

                    float At(int field, int place) => x[(((row * fields) + field) * 3 * width) + place];
                }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void CompressedInteraction_AnySize_IsTheWeightedSumOfProducts(int rows, int fields, int dimension)
    {
        const int Maps = 5;
        var (graph, embedded) = Fields(fields, dimension);
        var turned = graph.Apply(new Transpose(), embedded);
        var weight = graph.Add(new Parameter("w", new Shape(Maps, fields * fields), Initializer.Normal(0.5)));
        var bias = graph.Add(new Parameter("b", new Shape(Maps), Initializer.Normal(0.5)));
        var maps = graph.Apply(new CompressedInteraction(weight, bias), turned, turned); // [B, D, H]
        AddLogit(graph, maps);
        using var trial = Run(graph, rows);
        var (x, found) = (trial.Program.Activations(embedded).ToArray(), trial.Program.Activations(maps).ToArray());
        var (w, b) = (trial.Store.Values(weight).ToArray(), trial.Store.Values(bias).ToArray());
        for (var row = 0; row < rows; row++)
            for (var d = 0; d < dimension; d++)
                for (var o = 0; o < Maps; o++)
                {
                    double sum = b[o], size = 1;
                    for (var i = 0; i < fields; i++)
                        for (var j = 0; j < fields; j++)
                        {
                            var product = (double)w[(((o * fields) + i) * fields) + j] * x[(((row * fields) + i) * dimension)
                                + d] * x[(((row * fields) + j) * dimension) + d];
                            (sum, size) = (sum + product, size + Math.Abs(product));
                        }

                    Assert.Equal(sum, found[(((row * dimension) + d) * Maps) + o], 1e-6 * size);
                }
    }

    [Theory]
    [InlineData(Activation.Relu)]
    [InlineData(Activation.LeakyRelu)]
    [InlineData(Activation.Sigmoid)]
    [InlineData(Activation.Tanh)]
    [InlineData(Activation.Silu)]
    [InlineData(Activation.Gelu)]
    [InlineData(Activation.LogMagnitude)]
    public void Activate_AnyNumber_IsTheFunction(Activation function)
    {
        // Tiny, usual and huge numbers: vectors and what is left of them, the series of tanh, and exponentials that overflow.
        double[] numbers = [0, 1e-30, -1e-6, 1e-4, -0.0199, 0.0201, 0.3, -0.7, 1, -2, 5, -9, 30, -60, 88, -89, 120, -3000, 1e20];
        var graph = new Graph([], 1);
        var active = graph.Apply(new Activate(function), graph.Numeric!);
        AddLogit(graph, active);
        using var trial = new Trial<float>(graph, numbers.Length, _workers);
        using var precise = new Trial<double>(graph, numbers.Length, _workers);
        for (var i = 0; i < numbers.Length; i++)
            trial.Numeric[i] = precise.Numeric[i] = (float)numbers[i];
        trial.Forward(numbers.Length);
        precise.Forward(numbers.Length);
        for (var i = 0; i < numbers.Length; i++)
        {
            var expected = Plain((float)numbers[i]);
            Assert.Equal(expected, precise.Program.Activations(active)[i], 1e-13 * (1 + Math.Abs(expected)));
            Assert.Equal(expected, trial.Program.Activations(active)[i], 1e-6 * (1e-2 + Math.Abs(expected)));
        }

        double Plain(double x) => function switch
        {
            Activation.Relu => Math.Max(0, x),
            Activation.LeakyRelu => x > 0 ? x : 0.01 * x,
            Activation.Sigmoid => 1 / (1 + Math.Exp(-x)),
            Activation.Tanh => Math.Tanh(x),
            Activation.Silu => x / (1 + Math.Exp(-x)),
            Activation.Gelu => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
            _ => Math.Log(Math.Max(Math.Abs(x), 1e-5)),
        };
    }

    private Trial<float> Run(Graph graph, int rows)
    {
        var trial = new Trial<float>(graph, rows, _workers);
        trial.Draw(rows, 1);
        trial.Forward(rows);
        return trial;
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
        graph.AddOutput(graph.Apply(new Linear(weight, null), graph.Apply(new Reshape(new Shape(value.Shape.Size)), value)));
    }
}
