using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Cpu.Parameters;

public sealed unsafe class EmbeddingTableTests : IDisposable
{
    private readonly Workers _workers = new(3);

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Backward_SharedVocabulary_EqualsFiniteDifferences()
    {
        // Columns 0, 2 and 3 share ids; column 1 lies apart; column 4 overlaps the end of the shared range.
        var graph = Build([new(0, 6), new(9, 2), new(0, 6), new(2, 4), new(5, 4)], 5);
        GradientCheck.Run(graph, 129);
        using var trial = new Trial<float>(graph, 10, _workers);
        Assert.Equal(2, trial.Store.Embeddings[0].Groups);
        Assert.Equal((0, 9), trial.Store.Embeddings[0].RowRange(0));
        Assert.Equal((9, 11), trial.Store.Embeddings[0].RowRange(1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(16)]
    public void Backward_DuplicateIds_AreSummedIntoOneRow(int dimension)
    {
        var graph = Build([new(0, 3), new(3, 400)], dimension);
        using var trial = new Trial<double>(graph, 200, _workers);
        trial.Draw(200, 4);
        for (var row = 0; row < 200; row++)
            trial.Ids[row * 2] = row % 2;
        trial.Forward(200);
        trial.Backward(200, 4);
        var table = trial.Store.Embeddings[0];
        Assert.Equal(2, table.TouchedCount(0));
        Assert.Equal([0, 1], table.TouchedRows(0).ToArray());
        for (var group = 0; group < table.Groups; group++)
        {
            var rows = table.TouchedRows(group).ToArray();
            Assert.Equal(rows.Length, rows.Distinct().Count());
            for (var i = 0; i < rows.Length; i++)
                Assert.Equal(i, table.Slots[rows[i]]);
        }

        Assert.Equal(Enumerable.Range(0, 200).Select(r => trial.Ids[(r * 2) + 1]).Distinct(), table.TouchedRows(1).ToArray());
        // The next batch's rows alone are touched then.
        trial.Draw(3, 5);
        trial.Forward(3);
        trial.Backward(3, 5);
        var ids = trial.Ids[..6].ToArray();
        Assert.All(Enumerable.Range(0, table.Table.Rows), row => Assert.Equal(ids.Contains(row), table.Slots[row] >= 0));
    }

    [Fact]
    public void Initialize_AnyTable_DependsOnSeedAndNameAndZeroesMissingRows()
    {
        var graph = Build([new(0, 3), new(3, 400)], 7);
        using var trial = new Trial<float>(graph, 1, _workers, seed: 9);
        using var again = new Trial<float>(graph, 1, _workers, seed: 9);
        using var other = new Trial<float>(graph, 1, _workers, seed: 10);
        Assert.Equal(trial.Numbers(), again.Numbers());
        Assert.NotEqual(trial.Numbers(), other.Numbers());
        var values = trial.Store.Embeddings[0].Values;
        foreach (var row in new[] { 0, 3 })
            Assert.All(values.Slice(row * 7, 7).ToArray(), v => Assert.Equal(0, v));
        Assert.Equal(0.7, Math.Sqrt(values.Span.ToArray().Average(v => (double)v * v)), 0.05);
    }

    private static Graph Build(IdRange[] columns, int dimension)
    {
        var graph = new Graph(columns, 0);
        var table = graph.Add(new Table("t", graph.Features, dimension, Initializer.Normal(0.7)));
        var fields = graph.Apply(new Activate(Activation.Tanh), graph.Apply(new Embed(table, 0, columns.Length)));
        var flat = graph.Apply(new Reshape(new Shape(fields.Shape.Size)), fields);
        graph.AddOutput(graph.Apply(new Linear(graph.Add(new Parameter("o", new Shape(1, flat.Shape.Size), Initializer.Normal(0.5))), null),
            flat));
        return graph;
    }
}
