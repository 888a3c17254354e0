using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;
using Consort.Foundation.Options;
using Consort.Learning.Checkpoints;
using Consort.Learning.Runs;
using Consort.Learning.Schedules;
using Consort.Learning.Strategies;
using Consort.Learning.Training;

namespace Consort.Learning.Tests.Training;

/// <summary>Averages of the weights: measured and kept in their stead, while training goes on from the weights.</summary>
[Collection(SmallDataCollection.Name)]
public sealed class AveragedWeightsTests(SmallData data)
{
    [Theory]
    [InlineData(EmbeddingUpdate.Dense, 0.99, 0)]
    [InlineData(EmbeddingUpdate.Touched, 0.99, 0)]
    [InlineData(EmbeddingUpdate.Deferred, 0.5, 0)]
    [InlineData(EmbeddingUpdate.Touched, 0, 1)]
    public void Run_StoppedAnywhere_EndsAsIfNeverStopped(EmbeddingUpdate update, double ema, int swa)
    {
        var rig = Rig(update, ema, swa,
            new Phase { Name = "a", Strategy = new Supervised(), Epochs = 2, LearningRate = 0.02,
                Schedule = new ReduceOnPlateauOptions { MinDelta = 0.05 } },
            new Phase { Name = "b", Strategy = new MutualLearning(), Epochs = 2, Patience = 0, LearningRate = 0.005, EvaluateFirst = true },
            new Phase { Name = "c", Strategy = new Supervised(), Epochs = 1, LearningRate = 0.002, KeepOptimizer = true });
        var whole = rig.Run(data.NewFolder());
        // In the middle of parts, in evaluations, at ends of epochs and phases.
        foreach (var stop in new[] { 1, 5, 7, 10, 20, 23, 25, 40, 43 })
        {
            var folder = data.NewFolder();
            rig.RunAndStop(folder, stop);
            Outcome.AssertSame(whole, rig.Run(folder, resume: true));
        }

        Outcome.AssertSame(whole, (rig with { Threads = 1 }).Run(data.NewFolder()));
    }

    [Theory]
    [InlineData(EmbeddingUpdate.Dense, 0.9, 0)]
    [InlineData(EmbeddingUpdate.Touched, 0.9, 0)]
    [InlineData(EmbeddingUpdate.Dense, 0, 1)]
    public void Run_WithAnAverage_TrainsTheSameWeightsAndKeepsOthers(EmbeddingUpdate update, double ema, int swa)
    {
        var phase = new Phase { Strategy = new Supervised(), Epochs = 3, Patience = 0, LearningRate = 0.02,
            Schedule = new ConstantRateOptions() };
        var (plain, averaged) = (data.NewFolder(), data.NewFolder());
        Rig(update, 0, 0, phase).Run(plain);
        var found = Rig(update, ema, swa, phase).Run(averaged);
        Assert.Equal(Last(plain, update, 0, 0).Weights, Last(averaged, update, ema, swa).Weights);

        // What was measured, at its best, is what is kept.
        var measured = found.Result.Epochs.Last(e => e.IsBest).Valid.Ensemble;
        using var kept = new TrainedFamily(TrainerRig.Own(TrainerRig.Noisy(), TrainerRig.Noisy()), data.Dataset.Space,
            new RunFolder(averaged).BestCheckpoint("train"));
        using var workers = new Workers(1);
        using var program = kept.Compile(SmallData.BatchSize, workers);
        var again = new LogitPass(program, kept.Fusion).Evaluate(data.Dataset.Valid!, data.Dataset.Encoder, CancellationToken.None);
        Assert.Equal(measured, again.Metrics.Ensemble);
        Assert.Equal(measured, found.Result.Valid.Metrics.Ensemble);
        Assert.NotEqual(Last(averaged, update, ema, swa).Weights, Numbers(kept.Store));
    }

    [Fact]
    public void Run_SwaFromTheSecondEpoch_IsTheMeanOfTheirEnds()
    {
        var phase = new Phase { Strategy = new Supervised(), Patience = 0, LearningRate = 0.02, Schedule = new ConstantRateOptions() };
        double[] sums = [];
        foreach (var epochs in new[] { 2, 3, 4 })
        {
            var folder = data.NewFolder();
            Rig(EmbeddingUpdate.Touched, 0, 0, phase with { Epochs = epochs }).Run(folder);
            var weights = Last(folder, EmbeddingUpdate.Touched, 0, 0).Weights;
            sums = [.. weights.Select((w, i) => w + (sums.Length == 0 ? 0 : sums[i]))];
        }

        var averaged = data.NewFolder();
        Rig(EmbeddingUpdate.Touched, 0, 2, phase with { Epochs = 4 }).Run(averaged);
        var found = Last(averaged, EmbeddingUpdate.Touched, 0, 2).Average;
        for (var i = 0; i < sums.Length; i++)
            Assert.Equal(sums[i] / 3, found[i], 1e-6 * (1 + Math.Abs(sums[i])));
    }

    [Fact]
    public void Read_BothAverages_IsRefused()
    {
        var e = Assert.Throws<ConsortException>(() => TrainingOptions.Options.Read(OptionMap.Parse("ema: 0.99\nswa: 2", "x")));
        Assert.Contains("found 2 with ema 0.99, expected one of them to be 0", e.Message, StringComparison.Ordinal);
    }

    private TrainerRig Rig(EmbeddingUpdate update, double ema, int swa, params Phase[] phases) => new(data.Dataset)
    {
        Phases = phases,
        Options = new TrainingOptions
        {
            BatchSize = SmallData.BatchSize,
            Seed = 5,
            EvaluationsPerEpoch = phases.Length > 1 ? 2 : 1,
            Swa = swa,
            Optimizer = new OptimizerOptions
            {
                MaxGradientNorm = 10, EmbeddingL2 = 1e-4, EmbeddingUpdate = update, AverageDecay = ema,
            },
        },
    };

    // What a last checkpoint holds.
    private (float[] Weights, float[] Average) Last(string folder, EmbeddingUpdate update, double ema, int swa)
    {
        using var workers = new Workers(1);
        using var store = new ParameterStore<float>(TrainerRig.Own(TrainerRig.Noisy(), TrainerRig.Noisy()).Build(data.Dataset.Space));
        using var optimizer = new Optimizer<float>(
            store, new OptimizerOptions { EmbeddingUpdate = update, AverageDecay = ema, KeepsMean = swa > 0 }, workers);
        Checkpoint.Load(new RunFolder(folder).LastCheckpoint, store, optimizer);
        var weights = Numbers(store);
        optimizer.Average?.Exchange();
        return (weights, Numbers(store));
    }

    private static float[] Numbers(ParameterStore<float> store) =>
        [.. store.DenseValues.Span, .. store.Embeddings.SelectMany(e => e.Values.Span.ToArray())];
}
