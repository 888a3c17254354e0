using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;
using Consort.Data.Schemas;
using Consort.Learning.Checkpoints;
using Consort.Models;
using Consort.Models.Embeddings;
using Consort.Models.Layers;
using Consort.Models.Zoo;

namespace Consort.Learning.Tests.Checkpoints;

public sealed class CheckpointTests : IDisposable
{
    private static readonly FeatureSpace Space = FeatureSpace.Of([5, 6], 2);
    private static readonly Dnn Tower = new(new MlpOptions { HiddenUnits = [4], BatchNorm = true });
    private readonly string _folder = Directory.CreateTempSubdirectory("consort-test-").FullName;
    private readonly Workers _workers = new(1);

    private string At(string name) => Path.Combine(_folder, name);

    public void Dispose()
    {
        _workers.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void SaveThenLoad_BringsWeightsAndOptimizerBack()
    {
        using var saved = Store(Own(Tower, new FactorizationMachineModel()), seed: 1);
        using var optimizer = new Optimizer<float>(saved, new OptimizerOptions(), _workers);
        foreach (var (_, buffer) in optimizer.State)
            for (long i = 0; i < buffer.Length; i++)
                buffer.Span[(int)i] = i + 0.25f;
        Checkpoint.Save(At("a.ckpt"), saved, optimizer, "{\"steps\":3}");

        using var loaded = Store(Own(Tower, new FactorizationMachineModel()), seed: 2);
        using var other = new Optimizer<float>(loaded, new OptimizerOptions(), _workers);
        Assert.Equal("{\"steps\":3}", Checkpoint.Load(At("a.ckpt"), loaded, other));
        Assert.Equal(Numbers(saved), Numbers(loaded));
        Assert.NotEmpty(optimizer.State);
        Assert.Equal(optimizer.State.Count, other.State.Count);
        Assert.All(optimizer.State.Zip(other.State), pair =>
            Assert.Equal(pair.First.Buffer.Span.ToArray(), pair.Second.Buffer.Span.ToArray()));
        // Weights alone can be read from it, but a file of weights alone cannot be resumed.
        Checkpoint.Load(At("a.ckpt"), loaded);
        Checkpoint.Save(At("b.ckpt"), saved, null, "{}");
        var e = Assert.Throws<ConsortException>(() => Checkpoint.Load(At("b.ckpt"), loaded, other));
        Assert.Contains("has no optimizer:adam.m/dense", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public unsafe void Save_NotFinite_NamesTheTensorAndWritesNothing(float number)
    {
        using var store = Store(Own(Tower), seed: 1);
        Checkpoint.Save(At("a.ckpt"), store, null, "{}");
        var before = File.ReadAllBytes(At("a.ckpt"));
        store.Embeddings[0].Values.Span[^1] = number;
        var e = Assert.Throws<NotFiniteNumberException>(() => Checkpoint.Save(At("a.ckpt"), store, null, "{}"));
        Assert.Matches("^member0/embedding holds (NaN|-?(∞|Infinity)) at 32, so no checkpoint is written$", e.Message);
        Assert.Equal(before, File.ReadAllBytes(At("a.ckpt")));
    }

    [Fact]
    public void Load_NotFinite_IsRefused()
    {
        using var store = Store(Own(Tower), seed: 1);
        var tensors = store.Slots.Select(s => new TensorSource(s.Parameter.Name,
            [.. s.Parameter.Shape.Dimensions.ToArray().Select(d => (long)d)], () => store.Values(s.Parameter)))
            .Append(new TensorSource("member0/embedding", [11, 3], () => store.Embeddings[0].Values.All)).ToList();
        store.DenseValues.Span[0] = float.NaN;
        TensorFile.Write(At("a.ckpt"), "{}", tensors);
        using var other = Store(Own(Tower), seed: 2);
        var e = Assert.Throws<ConsortException>(() => Checkpoint.Load(At("a.ckpt"), other));
        Assert.Contains("expected finite weights: its training diverged; train again with a lower learning_rate", e.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OtherDataset_NamesTheTensorAndChangesNothing()
    {
        using var saved = Store(Own(Tower), seed: 1);
        Checkpoint.Save(At("a.ckpt"), saved, null, "{}");
        using var other = new ParameterStore<float>(Own(Tower).Build(FeatureSpace.Of([5, 7], 2)));
        other.Initialize(2);
        var before = Numbers(other);
        var e = Assert.Throws<ConsortException>(() => Checkpoint.Load(At("a.ckpt"), other));
        Assert.Equal($"{At("a.ckpt")}: member0/embedding is [11, 3], expected [12, 3]: it was trained with other options or other data",
            e.Message);
        Assert.Equal(before, Numbers(other));
    }

    [Fact]
    public void Load_OtherFamily_NamesTheTensorAndChangesNothing()
    {
        using var saved = Store(Own(Tower), seed: 1);
        Checkpoint.Save(At("a.ckpt"), saved, null, "{}");
        using var other = Store(Own(Tower, Tower), seed: 2);
        var before = Numbers(other);
        var e = Assert.Throws<ConsortException>(() => Checkpoint.Load(At("a.ckpt"), other));
        Assert.Equal($"{At("a.ckpt")}: has no member1/embedding: it was trained as another family", e.Message);
        Assert.Equal(before, Numbers(other));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void LoadMember_RunOfOne_FillsThatMemberAlone(bool shared)
    {
        var alone = shared ? new Family(new EmbeddingOptions { Dimension = 3 }, [Tower]) : Own(Tower);
        using var saved = Store(alone, seed: 1);
        Checkpoint.Save(At("a.ckpt"), saved, null, "{}");
        using var family = Store(Own(Tower, Tower), seed: 2);
        var untouched = Named(family, "member0/");
        Checkpoint.LoadMember(At("a.ckpt"), family, 1);
        Assert.Equal(untouched, Named(family, "member0/"));
        Assert.Equal(Numbers(saved).Order(), Named(family, "member1/").Order());
    }

    private static Family Own(params CtrModel[] members) => new(new EmbeddingOptions { Dimension = 3, Shared = false }, members);

    private static ParameterStore<float> Store(Family family, ulong seed)
    {
        var store = new ParameterStore<float>(family.Build(Space));
        store.Initialize(seed);
        return store;
    }

    private static float[] Numbers(ParameterStore<float> store) => Named(store, "");

    private static float[] Named(ParameterStore<float> store, string prefix) =>
    [
        .. store.Slots.Where(s => s.Parameter.Name.StartsWith(prefix, StringComparison.Ordinal))
        .SelectMany(s => store.DenseValues.Slice(s.Offset, s.Length).ToArray()),
        .. store.Embeddings.Where(e => e.Table.Name.StartsWith(prefix, StringComparison.Ordinal)).SelectMany(e => e.Values.Span.ToArray()),
    ];
}
