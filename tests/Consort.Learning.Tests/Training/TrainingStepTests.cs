using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;
using Consort.Data.Batches;
using Consort.Learning.Strategies;
using Consort.Learning.Training;

namespace Consort.Learning.Tests.Training;

/// <summary>The one step: what comes between its parts, and an optimizer that is kept.</summary>
[Collection(SmallDataCollection.Name)]
public sealed class TrainingStepTests(SmallData data)
{
    [Fact]
    public void Run_ExchangeHalvesGradients_MovesWeightsHalfAsFar()
    {
        var exchange = new Halving();
        var (alone, halved) = (Moves(null), Moves(exchange));
        Assert.Equal(1, exchange.Calls);
        Assert.Equal(SmallData.BatchSize, exchange.Rows);
        Assert.Equal(2, exchange.Terms.Length);
        Assert.All(exchange.Terms, t => Assert.True(t > 0));
        Assert.Contains(alone, m => m != 0);
        for (var i = 0; i < alone.Length; i++)
            Assert.Equal(alone[i], 2 * halved[i], 1e-6);
    }

    [Fact]
    public void Run_AStep_TimesItsPartsInOrder()
    {
        using var trial = new StepTrial(
            TrainerRig.Own(TrainerRig.Noisy(), TrainerRig.Noisy()), data.Dataset.Space, data.Dataset.Train,
            new TrainingOptions { BatchSize = SmallData.BatchSize }, new Distillation(), threads: 1);
        for (long rows = 0; rows < 2 * data.Dataset.Train.Rows;) // more than an epoch
            rows += trial.Next(0.01);
        var t = trial.Step.Ticks;
        Assert.True(t.Start < t.Forward && t.Forward < t.Loss && t.Loss < t.Backward && t.Backward <= t.Exchange && t.Exchange < t.Update);
        Assert.InRange(trial.LoadTicks, 0, trial.Ticks);
        Assert.Equal(1, trial.Step.Terms.Length); // labels alone, where there is no teacher
    }

    [Theory]
    [InlineData(EmbeddingUpdate.Touched)]
    [InlineData(EmbeddingUpdate.Dense)]
    [InlineData(EmbeddingUpdate.Deferred)]
    public void Run_KeepOptimizer_GoesOnAsOnePhaseWould(EmbeddingUpdate update)
    {
        var one = Rig(update, new Phase { Strategy = new Supervised(), Epochs = 2, LearningRate = 0.01 });
        Phase[] two = [new() { Name = "a", Strategy = new Supervised(), Epochs = 1, LearningRate = 0.01 },
            new() { Name = "b", Strategy = new Supervised(), Epochs = 1, LearningRate = 0.01, KeepOptimizer = true }];
        var whole = one.Run(data.NewFolder());
        Assert.True(whole.Result.Epochs[^1].IsBest);
        var kept = Rig(update, two).Run(data.NewFolder());
        foreach (var (name, numbers) in whole.Numbers)
            Assert.True(numbers.AsSpan().SequenceEqual(kept.Numbers[name]), $"{name} differs");
        var fresh = Rig(update, two[0], two[1] with { KeepOptimizer = false }).Run(data.NewFolder());
        Assert.Contains(whole.Numbers, n => !n.Value.AsSpan().SequenceEqual(fresh.Numbers[n.Key]));

        // Stopped before the phase, at its edge and in it.
        foreach (var stop in new[] { 9, 10, 11, 17 })
        {
            var folder = data.NewFolder();
            Rig(update, two).RunAndStop(folder, stop);
            Outcome.AssertSame(kept, Rig(update, two).Run(folder, resume: true));
        }
    }

    [Fact]
    public void Run_KeepOptimizerOfNothing_IsRefused()
    {
        var phase = new Phase { Strategy = new Supervised(), Epochs = 1, KeepOptimizer = true };
        var e = Assert.Throws<ConsortException>(() => Rig(EmbeddingUpdate.Dense, phase).Run(data.NewFolder()));
        Assert.Contains("found true in the first phase", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<ConsortException>(() => Rig(
            EmbeddingUpdate.Dense, phase with { Name = "a", KeepOptimizer = false },
            phase with { Name = "b", Frozen = new HashSet<int> { 0 } }).Run(data.NewFolder()));
        Assert.Contains("phase b, keep_optimizer: found true with other frozen members than those of phase a", e.Message,
            StringComparison.Ordinal);
    }

    private TrainerRig Rig(EmbeddingUpdate update, params Phase[] phases) => new(data.Dataset)
    {
        Phases = phases,
        Options = new TrainingOptions
        {
            BatchSize = SmallData.BatchSize,
            Seed = 5,
            Optimizer = new OptimizerOptions { MaxGradientNorm = 10, EmbeddingL2 = 1e-4, EmbeddingUpdate = update },
        },
    };

    // What a step of plain descent adds to the dense weights.
    private double[] Moves(IGradientExchange? exchange)
    {
        using var workers = new Workers(1);
        using var step = new TrainingStep(
            TrainerRig.Shared(TrainerRig.Plain(), TrainerRig.Plain()), data.Dataset.Space,
            new TrainingOptions { BatchSize = SmallData.BatchSize, Optimizer = new OptimizerOptions { Rule = new Sgd() } }, workers,
            exchange: exchange);
        step.Store.Initialize(1, workers);
        step.Open(new MutualLearning());
        using var loader = new BatchLoader(data.Dataset.Train, new LoaderOptions(SmallData.BatchSize));
        loader.Start(0);
        var before = step.Store.DenseValues.Span.ToArray();
        step.Run(loader.Next()!, seed: 1, rate: 1);
        return [.. step.Store.DenseValues.Span.ToArray().Zip(before, (now, then) => (double)now - then)];
    }

    private sealed class Halving : IGradientExchange
    {
        public int Calls { get; private set; }

        public int Rows { get; private set; }

        public double[] Terms { get; private set; } = [];

        public void Exchange(ParameterStore<float> store, int rows, Span<double> terms)
        {
            (Calls, Rows, Terms) = (Calls + 1, rows, terms.ToArray());
            foreach (ref var gradient in store.DenseGradients.Span)
                gradient /= 2;
        }
    }
}
