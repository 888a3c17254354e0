using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Operations;

/// <summary>Operations against the plainest form of their formula.</summary>
public sealed unsafe class ReferenceTests : IDisposable
{
    private static readonly string[] NormParameters = ["gamma", "beta", "mean", "variance"];
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData(1, 1, 4)]
    [InlineData(3, 2, 1)]
    [InlineData(129, 7, 10)]
    [InlineData(257, 39, 16)]
    public void FactorizationMachine_AnySize_IsTheSumOverPairs(int rows, int fields, int dimension)
    {
        var columns = Enumerable.Range(0, fields).Select(f => new IdRange(f * 5, 5)).ToArray();
        var graph = new Graph(columns, 0);
        var embedded = graph.Apply(new Embed(graph.Add(new Table("t", 5 * fields, dimension, Initializer.Normal(1))), 0, fields));
        graph.AddOutput(graph.Apply(new FactorizationMachine(), embedded));
        using var trial = new Trial<float>(graph, rows, _workers);
        trial.Draw(rows, 1);
        trial.Forward(rows);
        var table = trial.Store.Embeddings[0].Values;
        for (var row = 0; row < rows; row++)
        {
            double sum = 0, size = 1;
            for (var i = 0; i < fields; i++)
                for (var j = i + 1; j < fields; j++)
                    for (var d = 0; d < dimension; d++)
                    {
                        var product = (double)Element(row, i, d) * Element(row, j, d);
                        (sum, size) = (sum + product, size + Math.Abs(product));
                    }

            Assert.Equal(sum, trial.Program.Logits(0)[row], 1e-6 * size);
        }

        float Element(int row, int field, int d) => table[((long)trial.Ids[(row * fields) + field] * dimension) + d];
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 10, 2)]
    [InlineData(129, 17, 3)]
    [InlineData(257, 39, 7)]
    public void CrossNetwork_AnySize_IsTheFormulaOfThePaper(int rows, int width, int layers)
    {
        var graph = new Graph([], width);
        var (weights, biases) = (Vectors("w"), Vectors("b"));
        var crossed = graph.Apply(new CrossNetwork(weights, biases), graph.Numeric!);
        graph.AddOutput(graph.Apply(new Linear(graph.Add(new Parameter("o", new Shape(1, width), Initializer.One)), null), crossed));
        using var trial = new Trial<double>(graph, rows, _workers);
        trial.Draw(rows, 1);
        trial.Forward(rows);
        var found = trial.Program.Activations(crossed);
        for (var row = 0; row < rows; row++)
        {
            var first = Enumerable.Range(0, width).Select(i => (double)trial.Numeric[(row * width) + i]).ToArray();
            var x = first;
            for (var layer = 0; layer < layers; layer++)
            {
                var projection = x.Select((v, i) => v * trial.Store.Values(weights[layer])[i]).Sum();
                x = [.. x.Select((v, i) => (first[i] * projection) + trial.Store.Values(biases[layer])[i] + v)];
            }

            for (var i = 0; i < width; i++)
                Assert.Equal(x[i], found[(row * width) + i], 1e-12 * Math.Max(1, x.Max(Math.Abs)));
        }

        Parameter[] Vectors(string name) =>
            [.. Enumerable.Range(0, layers).Select(l => graph.Add(new Parameter($"{name}{l}", new Shape(width), Initializer.Normal(0.3))))];
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(128, 1)]
    [InlineData(129, 17)]
    [InlineData(300, 10)]
    [InlineData(131, 77)]
    public void BatchNorm_Training_NormalisesByTheBatchAndMovesRunningStatistics(int rows, int width)
    {
        var graph = new Graph([], width);
        var parameters = NormParameters
            .Select((n, i) => graph.Add(new Parameter(n, new Shape(width), Initializer.Uniform(1), IsTrained: i < 2))).ToArray();
        var norm = graph.Apply(new BatchNorm(parameters[0], parameters[1], parameters[2], parameters[3]), graph.Numeric!);
        graph.AddOutput(graph.Apply(new Linear(graph.Add(new Parameter("o", new Shape(1, width), Initializer.One)), null), norm));
        using var trial = new Trial<float>(graph, 300, _workers);
        for (var i = 0; i < width; i++)
            trial.Store.Values(parameters[3])[i] = 1.5f;
        var before = parameters.Select(p => trial.Store.Values(p).ToArray()).ToArray();
        trial.Draw(rows, 1);
        // A large common offset: variance as E[x²] − μ² would lose all its digits.
        for (var i = 0; i < rows * width; i++)
            trial.Numeric[i] += 500;
        trial.Forward(rows);
        for (var i = 0; i < width; i++)
        {
            var x = Enumerable.Range(0, rows).Select(r => (double)trial.Numeric[(r * width) + i]).ToArray();
            var mean = x.Average();
            var squares = x.Sum(v => (v - mean) * (v - mean));
            for (var row = 0; row < rows; row++)
                Assert.Equal(
                    (before[0][i] * (x[row] - mean) / Math.Sqrt((squares / rows) + 1e-5)) + before[1][i],
                    trial.Program.Activations(norm)[(row * width) + i], 2e-3);
            Assert.Equal((0.9 * before[2][i]) + (0.1 * mean), trial.Store.Values(parameters[2])[i], 1e-3);
            Assert.Equal((0.9 * 1.5) + (0.1 * squares / (rows - 1)), trial.Store.Values(parameters[3])[i], 1e-4);
        }

        var running = parameters.Select(p => trial.Store.Values(p).ToArray()).ToArray();
        trial.Forward(rows, isTraining: false);
        for (var i = 0; i < width; i++)
            for (var row = 0; row < rows; row++)
            {
                var normal = (trial.Numeric[(row * width) + i] - (double)running[2][i]) / Math.Sqrt(running[3][i] + 1e-5);
                Assert.Equal((running[0][i] * normal) + running[1][i], trial.Program.Activations(norm)[(row * width) + i], 1e-3);
            }

        Assert.Equal(running[2], trial.Store.Values(parameters[2]).ToArray());
        Assert.Equal(running[3], trial.Store.Values(parameters[3]).ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(77)]
    public void BatchNorm_WithReluAndDropout_EqualsTheThreeOneAfterAnother(int width)
    {
        const double Rate = 0.25;
        var graph = new Graph([], width);
        var parameters = NormParameters
            .Select((n, i) => graph.Add(new Parameter(n, new Shape(width), Initializer.Uniform(1), IsTrained: i < 2))).ToArray();
        var plain = graph.Apply(new BatchNorm(parameters[0], parameters[1], parameters[2], parameters[3]), graph.Numeric!);
        var fused = graph.Apply(new BatchNorm(parameters[0], parameters[1], parameters[2], parameters[3]).Rectified(Rate), graph.Numeric!);
        foreach (var value in new[] { plain, fused })
            graph.AddOutput(graph.Apply(new Linear(graph.Add(new Parameter($"o{value.Index}", new Shape(1, width), Initializer.One)), null),
                value));
        using var trial = new Trial<float>(graph, 300, _workers);
        trial.Draw(300, 1);
        trial.Forward(300);
        float[] normal = trial.Program.Activations(plain).ToArray(), found = trial.Program.Activations(fused).ToArray();
        var dropped = 0;
        for (var i = 0; i < normal.Length; i++)
        {
            if (found[i] == 0 && normal[i] > 0)
                dropped++;
            else
                Assert.Equal(Math.Max(0, normal[i]) / (1 - Rate), found[i], 1e-5 * (1 + Math.Abs(normal[i])));
        }

        var positive = normal.Count(x => x > 0);
        Assert.InRange(dropped, (Rate * positive) - (5 * Math.Sqrt(positive)), (Rate * positive) + (5 * Math.Sqrt(positive)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Dropout_Training_DropsItsShareAndScalesTheRest(double rate)
    {
        const int Width = 67, Rows = 3000;
        var graph = new Graph([], Width);
        var dropped = graph.Apply(new Dropout(rate), graph.Numeric!);
        graph.AddOutput(graph.Apply(new Linear(graph.Add(new Parameter("o", new Shape(1, Width), Initializer.One)), null), dropped));
        using var trial = new Trial<float>(graph, Rows, _workers);
        using var precise = new Trial<double>(graph, Rows, _workers);
        for (var i = 0; i < Rows * Width; i++)
            trial.Numeric[i] = precise.Numeric[i] = 1 + (i % 13);
        var masks = new List<bool[]>();
        foreach (var seed in new ulong[] { 1, 2 })
        {
            trial.Forward(Rows, seed: seed);
            precise.Forward(Rows, seed: seed);
            var output = trial.Program.Activations(dropped).ToArray();
            for (var i = 0; i < output.Length; i++)
            {
                Assert.True(output[i] == 0 || Math.Abs(output[i] - (trial.Numeric[i] / (1 - rate))) < 1e-4 * output[i]);
                Assert.Equal(output[i] == 0, precise.Program.Activations(dropped)[i] == 0);
            }

            var share = output.Count(x => x == 0) / (double)output.Length;
            Assert.Equal(rate, share, 5 * Math.Sqrt(rate * (1 - rate) / output.Length));
            masks.Add([.. output.Select(x => x == 0)]);
            trial.Forward(Rows, seed: seed);
            Assert.Equal(output, trial.Program.Activations(dropped).ToArray());
        }

        // Masks of two steps are independent: both drop rate² of the numbers.
        var both = masks[0].Zip(masks[1], (a, b) => a && b ? 1.0 : 0).Average();
        Assert.Equal(rate * rate, both, 5 * Math.Sqrt(rate * rate / masks[0].Length) + 1e-9);
        trial.Forward(Rows, isTraining: false);
        Assert.Equal(trial.Numeric[..(Rows * Width)].ToArray(), trial.Program.Activations(dropped).ToArray());
    }
}
