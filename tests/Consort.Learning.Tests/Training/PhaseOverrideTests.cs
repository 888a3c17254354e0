using Consort.Compute.Cpu.Optimizers;
using Consort.Learning.Schedules;
using Consort.Learning.Strategies;
using Consort.Learning.Training;
using Consort.Models;
using Consort.Models.Embeddings;
using Consort.Models.Layers;
using Consort.Models.Zoo;

namespace Consort.Learning.Tests.Training;

/// <summary>Phases that set otherwise what the experiment says, and such as draw embeddings anew.</summary>
[Collection(SmallDataCollection.Name)]
public sealed class PhaseOverrideTests(SmallData data)
{
    private static readonly MlpOptions Tower = new() { HiddenUnits = [8, 6], BatchNorm = true, Dropout = 0.4 };

    private static readonly Phase One = new() { Name = "one", Strategy = new Supervised(), Epochs = 2, LearningRate = 0.02, Patience = 0 };

    [Fact]
    public void Run_DropoutReplaced_IsThatOfMembersWhoSaySo()
    {
        foreach (var rate in new[] { 0, 0.1 })
        {
            var replaced = Rig(One with { Overrides = new() { Dropout = rate } }).Run(data.NewFolder());
            var own = (Rig(One) with { Family = Family(Tower with { Dropout = rate }) }).Run(data.NewFolder());
            Outcome.AssertSame(own, replaced);
        }

        // What drops nothing goes on so, and the phase after has its own share again.
        var none = Rig(One with { Overrides = new() { Dropout = 0.5 } }) with { Family = Family(Tower with { Dropout = 0 }) };
        Outcome.AssertSame((none with { Phases = [One] }).Run(data.NewFolder()), none.Run(data.NewFolder()));
        var two = One with { Name = "two", Epochs = 1 };
        var back = Rig(One with { Overrides = new() { Dropout = 0 } }, two).Run(data.NewFolder());
        Assert.NotEqual(Rig(One with { Overrides = new() { Dropout = 0 } }, two with { Overrides = new() { Dropout = 0 } })
            .Run(data.NewFolder()).Text, back.Text);
    }

    [Fact]
    public void Run_RegularisersReplaced_AreThoseOfOptionsThatSaySo()
    {
        foreach (var update in Enum.GetValues<EmbeddingUpdate>())
        {
            var own = Rig(One) with { Options = Options(update, 1e-2, 1e-3) };
            var phase = One with { Overrides = new() { EmbeddingL2 = 1e-2, DenseL2 = 1e-3 } };
            Outcome.AssertSame(own.Run(data.NewFolder()), (Rig(phase) with { Options = Options(update, 0, 0) }).Run(data.NewFolder()));
        }
    }

    [Theory]
    [InlineData(EmbeddingUpdate.Dense)]
    [InlineData(EmbeddingUpdate.Touched)]
    [InlineData(EmbeddingUpdate.Deferred)]
    public void Run_KeptOptimizerAndOtherOptions_GoesOnWithItsMoments(EmbeddingUpdate update)
    {
        // The same regularisers said again keep the bits; others change them; and both resume anywhere.
        var second = One with { Name = "two", KeepOptimizer = true, Schedule = new ConstantRateOptions() };
        var rig = Rig(One, second) with { Options = Options(update, 1e-3, 0) };
        var same = rig with { Phases = [One, second with { Overrides = new() { EmbeddingL2 = 1e-3, DenseL2 = 0 } }] };
        Outcome.AssertSame(rig.Run(data.NewFolder()), same.Run(data.NewFolder()));
        var overrides = new PhaseOverrides { EmbeddingL2 = 1e-4, DenseL2 = 1e-2, Dropout = 0, BatchSize = 100 };
        var other = rig with { Phases = [One, second with { Overrides = overrides }] };
        var whole = other.Run(data.NewFolder());
        Assert.NotEqual(rig.Run(data.NewFolder()).Text, whole.Text);
        var fresh = other with { Phases = [other.Phases[0], other.Phases[1] with { KeepOptimizer = false }] };
        Assert.NotEqual(fresh.Run(data.NewFolder()).Text, whole.Text);
        foreach (var stop in new[] { 19, 20, 21, 26, 31 })
        {
            var folder = data.NewFolder();
            other.RunAndStop(folder, stop);
            Outcome.AssertSame(whole, other.Run(folder, resume: true));
        }
    }

    [Theory]
    [InlineData(EmbeddingUpdate.Touched)]
    [InlineData(EmbeddingUpdate.Deferred)]
    public void Run_AveragedWeightsAndKeptOptimizer_ResumeAnywhere(EmbeddingUpdate update)
    {
        var options = Options(update, 1e-3, 0);
        var second = One with { Name = "two", KeepOptimizer = true, Overrides = new() { EmbeddingL2 = 1e-4, DenseL2 = 1e-3 } };
        var rig = Rig(One, second) with { Options = options with { Optimizer = options.Optimizer with { AverageDecay = 0.9 } } };
        var whole = rig.Run(data.NewFolder());
        Assert.NotEqual((rig with { Options = options }).Run(data.NewFolder()).Text, whole.Text);
        foreach (var stop in new[] { 12, 20, 21, 33 })
        {
            var folder = data.NewFolder();
            rig.RunAndStop(folder, stop);
            Outcome.AssertSame(whole, rig.Run(folder, resume: true));
        }
    }

    [Fact]
    public void Run_BatchSizeReplaced_StepsAsManyRows()
    {
        // 600 rows: 10 steps of 64, then 6 of 100, then 20 of 30.
        var result = Rig(
            One with { Epochs = 1 }, One with { Name = "larger", Epochs = 1, Overrides = new() { BatchSize = 100 } },
            One with { Name = "smaller", Epochs = 1, Overrides = new() { BatchSize = 30 } }).Run(data.NewFolder()).Result;
        Assert.Equal([10, 16, 36], result.Epochs.Select(e => e.Steps));
        var own = Rig(One) with { Options = new TrainingOptions { BatchSize = 30, Seed = 5 } };
        Assert.Equal(own.Run(data.NewFolder()).Numbers["member0/embedding"],
            Rig(One with { Overrides = new() { BatchSize = 30 } }).Run(data.NewFolder()).Numbers["member0/embedding"]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new PhaseOverrides { BatchSize = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new PhaseOverrides { Dropout = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new PhaseOverrides { EmbeddingL2 = -1 });
    }

    [Fact]
    public void Run_NormThatStays_TrainsAllButRunningStatistics()
    {
        var second = One with { Name = "two", Overrides = new() { BatchNorm = NormStatistics.Stay } };
        var rig = Rig(One with { Epochs = 1 }, second);
        // The best of the first epoch is the last: the second phase begins with what it ended with.
        var before = Rig(One with { Epochs = 1 }).Run(data.NewFolder()).Numbers;
        var whole = rig.Run(data.NewFolder());
        var norms = before.Keys.Where(k => k.Contains("/norm/", StringComparison.Ordinal)).ToLookup(IsRunning);
        Assert.Equal((4, 4), (norms[true].Count(), norms[false].Count()));
        Assert.All(norms[true], k => Assert.Equal(before[k], whole.Numbers[k]));
        Assert.All(norms[false], k => Assert.NotEqual(before[k], whole.Numbers[k]));

        var follows = (rig with { Phases = [rig.Phases[0], One with { Name = "two" }] }).Run(data.NewFolder());
        Assert.All(norms[true], k => Assert.NotEqual(before[k], follows.Numbers[k]));
        var same = rig with { Phases = [rig.Phases[0], One with { Name = "two", Overrides = new() { BatchNormMomentum = 0.1 } }] };
        Outcome.AssertSame(follows, same.Run(data.NewFolder()));
        var slower = same with { Phases = [rig.Phases[0], One with { Name = "two", Overrides = new() { BatchNormMomentum = 0.01 } }] };
        Assert.NotEqual(follows.Text, slower.Run(data.NewFolder()).Text);
        foreach (var stop in new[] { 10, 11, 17, 25 })
        {
            var folder = data.NewFolder();
            rig.RunAndStop(folder, stop);
            Outcome.AssertSame(whole, rig.Run(folder, resume: true));
        }

        var drawn = Rig(One with { Overrides = second.Overrides });
        Assert.Contains("batch_norm: found stay in a first phase", Assert.Throws<ConsortException>(() => drawn.Run(data.NewFolder())).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new PhaseOverrides { BatchNormMomentum = 1.1 });

        static bool IsRunning(string name) => name.EndsWith("mean", StringComparison.Ordinal) || name.EndsWith("variance", StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FreshEmbeddings_DrawsTablesAnewAndLeavesDenseWeights()
    {
        // At a rate of next to nothing an epoch shows what it began with.
        var still = One with { Epochs = 1, LearningRate = 1e-12, Schedule = new ConstantRateOptions() };
        var first = Rig(still).Run(data.NewFolder());
        var fresh = Rig(still with { Epochs = 2, FreshEmbeddings = true }) with { Options = Options(EmbeddingUpdate.Touched, 0, 0) };
        var folder = data.NewFolder();
        fresh.RunAndStop(folder, 11);
        var seen = Last(fresh, folder);
        foreach (var (name, numbers) in first.Numbers)
        {
            var distance = numbers.Zip(seen[name], (a, b) => Math.Abs(a - b)).Max();
            if (name.Contains("/norm/", StringComparison.Ordinal) || numbers.All(n => n == 0))
                continue;
            Assert.True(name.EndsWith("/embedding", StringComparison.Ordinal) || name.EndsWith("/first_order", StringComparison.Ordinal)
                ? distance > 1e-3 : distance < 1e-6, $"{name} moved by {distance}");
        }

        // A member that stands still keeps its table.
        var frozen = Rig(still with { Epochs = 2, FreshEmbeddings = true, Frozen = new HashSet<int> { 0 } }) with
        {
            Family = TrainerRig.Own(new Dnn(Tower), new Dnn(Tower)),
        };
        var kept = data.NewFolder();
        frozen.RunAndStop(kept, 12);
        var before = (frozen with { Phases = [still] }).Run(data.NewFolder()).Numbers;
        var after = Last(frozen, kept);
        Assert.Equal(before["member0/embedding"], after["member0/embedding"], (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.NotEqual(before["member1/embedding"], after["member1/embedding"], (a, b) => Math.Abs(a - b) < 1e-3);
    }

    [Fact]
    public void Run_FreshEmbeddingsStoppedAnywhere_EndsAsIfNeverStopped()
    {
        foreach (var update in new[] { EmbeddingUpdate.Dense, EmbeddingUpdate.Deferred })
        {
            var rig = Rig(One with { Epochs = 3, FreshEmbeddings = true }) with { Options = Options(update, 1e-3, 0) };
            var whole = rig.Run(data.NewFolder());
            Assert.NotEqual((rig with { Phases = [One with { Epochs = 3 }] }).Run(data.NewFolder()).Text, whole.Text);
            foreach (var stop in new[] { 3, 10, 11, 20, 21, 29 })
            {
                var folder = data.NewFolder();
                rig.RunAndStop(folder, stop);
                Outcome.AssertSame(whole, rig.Run(folder, resume: true));
            }
        }
    }

    // The weights of the last checkpoint.
    private Dictionary<string, float[]> Last(TrainerRig rig, string folder)
    {
        using var trained = new TrainedFamily(rig.Family, data.Dataset.Space, new Consort.Learning.Runs.RunFolder(folder).LastCheckpoint);
        return trained.Store.Slots.Select(s => (s.Parameter.Name, trained.Store.Values(s.Parameter).ToArray()))
            .Concat(trained.Store.Embeddings.Select(e => (e.Table.Name, e.Values.Span.ToArray()))).ToDictionary(p => p.Item1, p => p.Item2);
    }

    private static TrainingOptions Options(EmbeddingUpdate update, double embedding, double dense) => new()
    {
        BatchSize = SmallData.BatchSize,
        Seed = 5,
        Optimizer = new() { MaxGradientNorm = 10, EmbeddingL2 = embedding, DenseL2 = dense, EmbeddingUpdate = update },
    };

    private static Family Family(MlpOptions tower) =>
        new(new EmbeddingOptions { Dimension = 4, Shared = false, InitialDeviation = 0.1 }, [new DeepFm(tower)]);

    private TrainerRig Rig(params Phase[] phases) => new(data.Dataset) { Phases = phases, Family = Family(Tower) };
}
