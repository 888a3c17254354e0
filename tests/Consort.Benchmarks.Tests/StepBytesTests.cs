using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Graphs;
using Consort.Data.Schemas;

namespace Consort.Benchmarks.Tests;

public sealed class StepBytesTests
{
    private const int Batch = 10;
    private const int Vocabulary = 2000;
    private const int IdsAndLabels = 4 * Batch * (ZipfSplit.Columns + 1);
    private static readonly int[] Ids = [32, 33, 47, 48]; // of a table of single numbers 32 to 47 are one line

    [Fact]
    public void Of_TouchedRows_CountsLinesOfValuesAndState()
    {
        var graph = GraphOf("FM"); // rows of 16 numbers are a line each
        var bytes = StepBytes.Of(graph, Batch, Ids, EmbeddingUpdate.Touched);
        Assert.Equal((4 + 2) * 64 * 3 * 2, bytes.Rows);
        Assert.Equal(IdsAndLabels + 24 * graph.Parameters.Sum(p => p.Shape.Size), bytes.Streams);
    }

    [Fact]
    public void Of_DenseUpdates_CountsWholeTablesInOrder()
    {
        var graph = GraphOf("FM");
        var bytes = StepBytes.Of(graph, Batch, Ids, EmbeddingUpdate.Dense);
        Assert.Equal((4 + 2) * 64, bytes.Rows);
        var all = graph.Tables.Sum(t => (long)t.Rows * t.Dimension) + graph.Parameters.Sum(p => p.Shape.Size);
        Assert.Equal(IdsAndLabels + 24 * all, bytes.Streams);
    }

    [Fact]
    public void Of_TouchedRows_DoesNotDependOnTheTable()
    {
        var small = StepBytes.Of(GraphOf("FM"), Batch, Ids, EmbeddingUpdate.Touched);
        var large = StepBytes.Of(GraphOf("FM", 100 * Vocabulary), Batch, Ids, EmbeddingUpdate.Touched);
        Assert.Equal(small, large);
    }

    [Fact]
    public void Milliseconds_OfRowsAndStreams_AddUp() =>
        Assert.Equal(1.5, new StepBytes(20_000_000, 20_000_000).Milliseconds(new Bandwidth(20, 40)), 9);

    private static Graph GraphOf(string model, int vocabulary = Vocabulary) =>
        StepRun.FamilyOf(new StepOptions { Model = model }).Build(FeatureSpace.Of(ZipfSplit.Sizes(vocabulary)));
}
