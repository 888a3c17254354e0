using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Cpu.Parameters;

/// <summary>Tables that have rows for some columns alone, and rows that start with known numbers or never change.</summary>
public sealed unsafe class OwnColumnsTests : IDisposable
{
    private const int Dimension = 10;

    // Columns 1 and 4 share a vocabulary.
    private static readonly IdRange[] Columns = [new(0, 40), new(40, 30), new(70, 500), new(570, 3), new(40, 30), new(573, 2000)];
    private static readonly int[] Own = [1, 3, 4, 5];
    private readonly Workers _workers = new(3);

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void RowsOf_SharedRanges_CountOnce()
    {
        var graph = new Graph(Columns, 0);
        Assert.Equal(30 + 3 + 2000, graph.RowsOf(Own));
        Assert.Equal(30, graph.RowsOf([4, 1]));
        Assert.Throws<ArgumentException>(() => graph.Add(new Table("t", 30, Dimension, Initializer.Zero) { Columns = [0] }));
        Assert.Throws<ArgumentException>(() =>
            graph.Apply(new FirstOrder(graph.Add(new Table("u", 30, 1, Initializer.Zero) { Columns = [1] }))));
    }

    [Theory]
    [InlineData(EmbeddingUpdate.Dense)]
    [InlineData(EmbeddingUpdate.Touched)]
    [InlineData(EmbeddingUpdate.Deferred)]
    public void Step_OwnColumns_GivesTheBitsOfAWholeTable(EmbeddingUpdate update)
    {
        var options = new OptimizerOptions { EmbeddingUpdate = update, EmbeddingL2 = 1e-3, MaxGradientNorm = 1e9 };
        using var whole = new Trial<float>(Build(isWhole: true), 200, _workers);
        using var own = new Trial<float>(Build(isWhole: false), 200, _workers);
        Copy(whole, own, check: false);
        own.Store.DenseValues.Span.Clear();
        whole.Store.DenseValues.Span.CopyTo(own.Store.DenseValues.Span);
        using (var first = new Optimizer<float>(whole.Store, options, _workers))
        using (var second = new Optimizer<float>(own.Store, options, _workers))
            for (var step = 0; step < 25; step++)
            {
                Step(whole, first, step);
                Step(own, second, step);
            }

        Assert.True(whole.Store.DenseValues.Span.SequenceEqual(own.Store.DenseValues.Span));
        Copy(whole, own, check: true);
    }

    [Theory]
    [InlineData(EmbeddingUpdate.Dense)]
    [InlineData(EmbeddingUpdate.Touched)]
    [InlineData(EmbeddingUpdate.Deferred)]
    public void Step_UntrainedTable_StaysAsItStarts(EmbeddingUpdate update)
    {
        using var trial = new Trial<float>(Build(isWhole: false, isTrained: false), 200, _workers);
        var table = trial.Store.Embeddings[0];
        var before = table.Values.Span.ToArray();
        var weights = trial.Store.DenseValues.Span.ToArray();
        using var optimizer = new Optimizer<float>(
            trial.Store, new OptimizerOptions { EmbeddingUpdate = update, EmbeddingL2 = 0.1, MaxGradientNorm = 1 }, _workers);
        for (var step = 0; step < 5; step++)
            Step(trial, optimizer, step);
        Assert.True(table.Values.Span.SequenceEqual(before));
        Assert.False(trial.Store.DenseValues.Span.SequenceEqual(weights));
        Assert.Equal(Own.Length * Dimension, trial.Graph.ParameterCount);
        Assert.DoesNotContain(optimizer.State, s => s.Name.EndsWith("/t", StringComparison.Ordinal));
        Assert.Equal(0, table.GradientBytes);
    }

    [Fact]
    public void Initialize_KnownRows_HaveTheirNumbersAndOthersAreDrawn()
    {
        using var plain = new Trial<float>(Build(isWhole: false), 1, _workers, seed: 4);
        using var known = new Trial<float>(Build(isWhole: false, isTrained: true, new KnownRows(5, put =>
        {
            put(573 + 2, [.. Enumerable.Range(0, Dimension).Select(i => (float)i)]);
            put(573 + 1999, [.. Enumerable.Repeat(2.5f, Dimension)]);
        })), 1, _workers, seed: 4);
        var (drawn, found) = (plain.Store.Embeddings[0].Values, known.Store.Embeddings[0].Values);
        for (var row = 0; row < 30 + 3 + 2000; row++)
        {
            var expected = row switch
            {
                33 + 2 => [.. Enumerable.Range(0, Dimension).Select(i => (float)i)],
                33 + 1999 => [.. Enumerable.Repeat(2.5f, Dimension)],
                _ => drawn.Slice(row * Dimension, Dimension).ToArray(),
            };
            Assert.Equal(expected, found.Slice(row * Dimension, Dimension).ToArray());
            Assert.Equal(row is 0 or 30 or 33, expected.All(v => v == 0)); // a missing value of each column
        }
    }

    private static void Step(Trial<float> trial, Optimizer<float> optimizer, int seed)
    {
        trial.Draw(150, seed);
        trial.Forward(150);
        trial.Backward(150, seed);
        optimizer.Step(0.01);
    }

    // The rows of the columns that both tables have.
    private static void Copy(Trial<float> whole, Trial<float> own, bool check)
    {
        var (from, to) = (whole.Store.Embeddings[0].Values, own.Store.Embeddings[0].Values);
        var row = 0;
        foreach (var range in new[] { Columns[1], Columns[3], Columns[5] })
        {
            var source = from.Slice((long)range.Offset * Dimension, range.Size * Dimension);
            var target = to.Slice((long)row * Dimension, range.Size * Dimension);
            if (check)
                Assert.True(source.SequenceEqual(target));
            else
                source.CopyTo(target);
            row += range.Size;
        }
    }

    private static Graph Build(bool isWhole, bool isTrained = true, params KnownRows[] known)
    {
        var graph = new Graph(Columns, 0);
        Value fields;
        if (isWhole)
        {
            var table = graph.Add(new Table("t", graph.Features, Dimension, Initializer.Normal(0.7)));
            fields = graph.Apply(new Concat(), [.. Own.Select(c => graph.Apply(new Embed(table, c, 1)))]);
        }
        else
        {
            var table = new Table("t", graph.RowsOf(Own), Dimension, Initializer.Normal(0.7))
            {
                Columns = Own,
                IsTrained = isTrained,
                Known = known
            };
            fields = graph.Apply(new EmbedColumns(graph.Add(table)));
        }

        var flat = graph.Apply(new Reshape(new Shape(fields.Shape.Size)), graph.Apply(new Activate(Activation.Tanh), fields));
        graph.AddOutput(graph.Apply(new Linear(graph.Add(new Parameter("o", new Shape(1, flat.Shape.Size), Initializer.Normal(0.5))), null),
            flat));
        return graph;
    }
}
