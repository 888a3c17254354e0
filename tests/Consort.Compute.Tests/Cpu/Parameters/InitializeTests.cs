using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;

namespace Consort.Compute.Tests.Cpu.Parameters;

public sealed unsafe class InitializeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Initialize_BySomeThreads_GivesTheSameNumbers(int threads)
    {
        const int Rows = 20_011, Dimension = 7; // several pieces, the last one short
        var graph = new Graph([new IdRange(0, Rows)], 0);
        graph.Add(new Table("embedding", Rows, Dimension, Initializer.Normal(0.01)));
        using var workers = new Workers(threads);
        using var alone = new ParameterStore<float>(graph);
        using var shared = new ParameterStore<float>(graph);
        alone.Initialize(7);
        shared.Initialize(7, workers);
        Assert.True(alone.Embeddings[0].Values.Span.SequenceEqual(shared.Embeddings[0].Values.Span));
        Assert.NotEqual(0, alone.Embeddings[0].Values.Span[^1]);
        Assert.Equal(-1, alone.Embeddings[0].Values.Span[..Dimension].IndexOfAnyExcept(0f)); // a missing value
    }

    [Theory]
    [InlineData(1)]
    [InlineData((1 << 20) + 3)] // large enough for large pages
    public void Buffer_OfAnySize_IsZeroAndAligned(int length)
    {
        using var buffer = new NativeBuffer<float>(length);
        Assert.Equal(-1, buffer.Span.IndexOfAnyExcept(0f));
        Assert.Equal(0u, (nuint)buffer.Pointer % 64);
    }
}
