using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Cpu.Programs;

public sealed unsafe class ProgramTests : IDisposable
{
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(16)]
    public void Backward_WholeFamily_EqualsFiniteDifferences(int dimension)
    {
        // Several members on shared fields: gradients accumulate across members, and memory is reused.
        foreach (var rows in new[] { 40, 257 })
            GradientCheck.Run(SmallFamily.Build(dimension, width: 11), rows, tolerance: 1e-5);
        GradientCheck.Run(SmallFamily.Build(dimension, width: 11), 1, isTraining: false);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Backward_RandomGraph_ReusesNoGradientThatIsStillNeeded(int seed) =>
        // A gradient overwritten too early would differ from the finite differences.
        GradientCheck.Run(RandomGraph(seed), 33, seed: seed, tolerance: 1e-5);

    [Fact]
    public void Backward_DeepTower_NeedsTwoLayersOfGradients()
    {
        const int Width = 64;
        var graph = new Graph([new IdRange(0, 50)], 0);
        var table = graph.Add(new Table("t", 50, Width, Initializer.Normal(1)));
        var value = graph.Apply(new Reshape(new Shape(Width)), graph.Apply(new Embed(table, 0, 1)));
        for (var layer = 0; layer < 12; layer++)
            value = graph.Apply(new Linear(graph.Add(new Parameter($"w{layer}", new Shape(Width, Width), Initializer.Normal(0.15))), null,
                relu: true), value);
        graph.AddOutput(graph.Apply(new Linear(graph.Add(new Parameter("w", new Shape(1, Width), Initializer.Normal(0.15))), null), value));
        Assert.InRange(new BufferPlan(graph, withGradients: true).GradientSize, 2 * Width, (2 * Width) + 16);
        GradientCheck.Run(graph, 20);
    }

    [Fact]
    public void Forward_FloatAndDouble_AgreeOnLogitsAndGradients()
    {
        foreach (var (rows, dimension) in new[] { (1, 16), (130, 10), (300, 16) })
        {
            var isTraining = rows > 1;
            using var single = new Trial<float>(SmallFamily.Build(dimension), 300, _workers);
            using var precise = new Trial<double>(SmallFamily.Build(dimension), 300, _workers);
            Copy(single.Store, precise.Store);
            single.Draw(rows, 7);
            precise.Draw(rows, 7);
            single.Forward(rows, isTraining);
            precise.Forward(rows, isTraining);
            for (var member = 0; member < SmallFamily.Members; member++)
                AssertClose(Doubles(single.Program.Logits(member)), precise.Program.Logits(member).ToArray(), 1e-4);
            single.Backward(rows, 7);
            precise.Backward(rows, 7);
            foreach (var slot in single.Store.Slots)
                AssertClose(
                    Doubles(single.Store.DenseGradients.Slice(slot.Offset, slot.Length)),
                    precise.Store.DenseGradients.Slice(slot.Offset, slot.Length).ToArray(), 1e-3);
            foreach (var (one, other) in single.Store.Embeddings.Zip(precise.Store.Embeddings))
                AssertClose(Doubles(single.TableGradient(one)), precise.TableGradient(other), 1e-3);
        }
    }

    [Fact]
    public void Backward_AnyThreadCount_GivesTheSameBits()
    {
        foreach (var rows in new[] { 1, 129, 300 })
        {
            var expected = Run(rows, 1);
            Assert.Equal(expected, Run(rows, 2));
            Assert.Equal(expected, Run(rows, 3));
        }

        static float[] Run(int rows, int threads)
        {
            using var workers = new Workers(threads);
            using var trial = new Trial<float>(SmallFamily.Build(10), 300, workers);
            trial.Draw(rows, 7);
            trial.Forward(rows);
            trial.Backward(rows, 7);
            return
            [
                .. trial.Program.Logits(0), .. trial.Program.Logits(1), .. trial.Store.DenseGradients.Span, .. trial.Store.DenseValues.Span,
                .. trial.Store.Embeddings.SelectMany(trial.TableGradient),
            ];
        }
    }

    [Fact]
    public void Backward_SameBatchAgain_ReplacesGradients()
    {
        using var trial = new Trial<double>(SmallFamily.Build(10), 50, _workers);
        trial.Draw(50, 1);
        trial.Forward(50, isTraining: false);
        trial.Backward(50, 1);
        var dense = trial.Store.DenseGradients.Span.ToArray();
        var tables = trial.Store.Embeddings.Select(trial.TableGradient).ToArray();
        trial.Forward(50, isTraining: false);
        trial.Backward(50, 1);
        Assert.Equal(dense, trial.Store.DenseGradients.Span.ToArray());
        Assert.Equal(tables, trial.Store.Embeddings.Select(trial.TableGradient));
    }

    // Sources of a first program were collected along with those of a second, from memory that was freed.
    [Fact]
    public void Backward_SecondProgramOnOneStore_CollectsItsOwnGradientsAlone()
    {
        var graph = SmallFamily.Build(10);
        using var trial = new Trial<double>(graph, 50, _workers);
        trial.Draw(50, 1);
        trial.Forward(50, isTraining: false);
        trial.Backward(50, 1);
        var expected = trial.Store.Embeddings.Select(trial.TableGradient).ToArray();

        var second = new Program<double>(graph, trial.Store, OperationKernels.Of<double>(), 80, _workers);
        Gradients(second);
        Assert.Equal(expected, trial.Store.Embeddings.Select(trial.TableGradient));
        second.Dispose();
        trial.Forward(50, isTraining: false);
        trial.Backward(50, 1);
        Assert.Equal(expected, trial.Store.Embeddings.Select(trial.TableGradient));

        void Gradients(Program<double> program)
        {
            program.Forward(trial.Ids, trial.Numeric, new Step(50, false));
            for (var member = 0; member < program.Members; member++)
                for (var row = 0; row < 50; row++)
                    program.LogitGradients(member)[row] = Trial<double>.Weight(1, member, row);
            program.Backward();
        }
    }

    [Fact]
    public void Forward_WithoutGradients_GivesTheSameLogits()
    {
        var graph = SmallFamily.Build(10);
        using var trial = new Trial<float>(graph, 50, _workers);
        using var scorer = new Program<float>(graph, trial.Store, OperationKernels.Of<float>(), 50, _workers, withGradients: false);
        trial.Draw(50, 1);
        trial.Forward(50, isTraining: false);
        scorer.Forward(trial.Ids, trial.Numeric, new Step(50, false));
        for (var member = 0; member < SmallFamily.Members; member++)
            Assert.Equal(trial.Program.Logits(member).ToArray(), scorer.Logits(member).ToArray());
        Assert.True(scorer.Bytes < trial.Program.Bytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(51)]
    public void Forward_RowsOutOfRange_Throws(int rows)
    {
        using var trial = new Trial<float>(SmallFamily.Build(10), 50, _workers);
        Assert.Throws<ArgumentOutOfRangeException>(() => trial.Forward(rows));
    }

    private static void Copy(ParameterStore<float> from, ParameterStore<double> to)
    {
        for (long i = 0; i < from.DenseValues.Length; i++)
            to.DenseValues[i] = from.DenseValues[i];
        foreach (var (source, target) in from.Embeddings.Zip(to.Embeddings))
            for (long i = 0; i < source.Values.Length; i++)
                target.Values[i] = source.Values[i];
    }

    private static double[] Doubles(ReadOnlySpan<float> numbers) => [.. numbers.ToArray().Select(n => (double)n)];

    private static void AssertClose(double[] found, double[] expected, double tolerance)
    {
        var scale = 0.01 + expected.Max(Math.Abs);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(found[i] - expected[i]) <= tolerance * scale, $"{i}: found {found[i]}, expected {expected[i]}");
    }

    // Thirty smooth operations on inputs chosen at random, so that lives of gradients overlap in every way.
    private static Graph RandomGraph(int seed)
    {
        const int Width = 6;
        var random = new System.Random(seed);
        var graph = new Graph([new IdRange(0, 9), new IdRange(9, 4)], 2);
        var table = graph.Add(new Table("t", 13, 3, Initializer.Normal(0.5)));
        var values = new List<Value> { graph.Apply(new Reshape(new Shape(Width)), graph.Apply(new Embed(table, 0, 2))) };
        values.Add(graph.Apply(new Linear(Weight(Width, 2), Weight(Width)), graph.Numeric!));
        for (var i = 0; i < 30; i++)
            values.Add(random.Next(7) switch
            {
                0 => graph.Apply(new Linear(Weight(Width, Width), Weight(Width)), Any()),
                1 => graph.Apply(new Activate(Activation.Tanh), Any()),
                2 => graph.Apply(new Add(), Any(), Any(), Any()),
                3 => graph.Apply(new Linear(Weight(Width, 2 * Width), null), graph.Apply(new Concat(), Any(), Any())),
                4 => graph.Apply(new Reshape(new Shape(Width)),
                    graph.Apply(new Activate(Activation.Silu), graph.Apply(new Reshape(new Shape(2, 3)), Any()))),
                5 => graph.Apply(new Activate(Activation.Tanh),
                    graph.Apply(new CrossNetwork([Weight(Width), Weight(Width)], [Weight(Width), Weight(Width)]), Any())),
                _ => graph.Apply(new Dropout(0.2), Any()),
            });
        for (var member = 0; member < 3; member++)
            graph.AddOutput(graph.Apply(new Linear(Weight(1, Width), null),
                graph.Apply(new Activate(Activation.Tanh), values[^(1 + (3 * member))])));
        // An output that others read as well.
        graph.AddOutput(graph.Apply(new Add(), graph.Outputs[0], graph.Outputs[1]));
        return graph;

        Value Any() => values[random.Next(Math.Max(0, values.Count - 8), values.Count)];

        Parameter Weight(params int[] shape) =>
            graph.Add(new Parameter($"p{graph.Parameters.Count}", new Shape(shape), Initializer.Normal(0.5)));
    }
}
