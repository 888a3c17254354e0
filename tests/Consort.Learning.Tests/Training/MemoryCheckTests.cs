using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Data.Schemas;
using Consort.Learning.Training;
using Consort.Models;
using Consort.Models.Embeddings;
using Consort.Models.Layers;
using Consort.Models.Zoo;

namespace Consort.Learning.Tests.Training;

public sealed class MemoryCheckTests
{
    private static readonly TrainingOptions Options = new() { BatchSize = 256 };

    [Fact]
    public void Training_MoreThanIsFree_SaysNeedFreeAndWhatFits()
    {
        var graph = Graph(new Ffm(), fields: 40, dimension: 4);
        var e = Assert.Throws<ConsortException>(() => MemoryCheck.Training(graph, Options, [], free: 10 << 20));
        Assert.Matches(@"^a step of batch 256 needs about 1\d\.\d MB, 10\.0 MB are free; lower batch_size \(to about \d+\) or the embedding's dimension$", e.Message);
        e = Assert.Throws<ConsortException>(() => MemoryCheck.Training(graph, Options, [], free: 1 << 16));
        Assert.Matches("the parameters with the optimizer's state alone need .* MB: lower the embedding's dimension, or raise min_count in the schema$", e.Message);
        MemoryCheck.Training(graph, Options, [], free: 1 << 30);
    }

    [Fact]
    public void Training_Teachers_CountToo()
    {
        var (student, teacher) = (Graph(new LogisticRegression(), 40, 4), Graph(new Ffm(), 40, 4));
        MemoryCheck.Training(student, Options, [], free: 5 << 20);
        Assert.Throws<ConsortException>(() => MemoryCheck.Training(student, Options, [teacher], free: 5 << 20));
    }

    [Theory]
    [InlineData("FFM", 1999, 1024)] // one row: 1999 · 1998 · 1024
    [InlineData("FFM", 3000, 300)]
    public void Training_MoreNumbersThanCanBeToldApart_SaysSo(string model, int fields, int dimension)
    {
        Assert.Equal("FFM", model);
        var e = Assert.Throws<ConsortException>(() =>
            MemoryCheck.Training(Graph(new Ffm(), fields, dimension), Options, [], free: long.MaxValue));
        Assert.Contains("expected at most 2,147,483,647 in one place; lower the embedding's dimension", e.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Training_BatchOfMoreNumbersThanCanBeToldApart_NamesTheBatchThatFits()
    {
        var e = Assert.Throws<ConsortException>(() => MemoryCheck.Training(Graph(new Ffm(), 1999, 4), Options, [], free: long.MaxValue));
        Assert.Matches(@"^a step of batch 256 needs [\d,]+ numbers in .*; lower batch_size \(to about 134\) or", e.Message);
    }

    [Fact]
    public void Build_SizesBeyondAnyInteger_AreAMessage()
    {
        var e = Assert.Throws<ConsortException>(() => Graph(new Ffm(), 2_200_000, 1024));
        Assert.Contains("lower the embedding's dimension", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RowsToScore_WideModel_HalvesUntilItFits()
    {
        var graph = Graph(new Ffm(), 40, 4); // 6,240 numbers a row in the widest value
        Assert.Equal(4096, MemoryCheck.RowsToScore(graph, 4096, free: 1 << 30));
        Assert.InRange(MemoryCheck.RowsToScore(graph, 4096, free: 10 << 20), 16, 512);
        Assert.Throws<ConsortException>(() => MemoryCheck.RowsToScore(graph, 4096, free: 1 << 10));
    }

    [Fact]
    public void Training_OfWhatIsSetUp_IsNearWhatIsHeld()
    {
        foreach (var model in new CtrModel[] { new Ffm(),
            new DeepFm(new Models.Layers.MlpOptions { HiddenUnits = [64, 64], BatchNorm = true }), new FactorizationMachineModel() })
        {
            var graph = Graph(model, 20, 8);
            using var workers = new Workers(1);
            using var store = new ParameterStore<float>(graph);
            using var program = new Program<float>(graph, store, OperationKernels.Of<float>(), 256, workers);
            foreach (var options in new OptimizerOptions[] { new(), new() { KeepsMean = true },
                new() { AverageDecay = 0.999, EmbeddingUpdate = EmbeddingUpdate.Touched } })
            {
                using var optimizer = new Optimizer<float>(store, options, workers);
                var held = program.Bytes + store.Bytes - store.TouchedBytes + optimizer.Bytes;
                var told = MemoryNeed.OfParameters(graph, 256, options) + MemoryNeed.OfProgram(graph, 256, withGradients: true);
                Assert.InRange(told / (double)held, 0.85, 1.1);
            }
        }
    }

    private static Graph Graph(CtrModel model, int fields, int dimension) =>
        new Family(new EmbeddingOptions { Dimension = dimension }, [model]).Build(FeatureSpace.Of([.. Enumerable.Repeat(12, fields)], 0));
}
