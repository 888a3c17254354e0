using Consort.Compute.Cpu.Optimizers;
using Consort.Foundation.Ranks;
using Consort.Learning.Strategies;
using Consort.Learning.Tests.Training;
using Consort.Learning.Training;
using Consort.Models;
using Consort.Models.Embeddings;

namespace Consort.Learning.Tests.Ranks;

/// <summary>Several ranks that train together come to the weights of one process, and to the same ones each time.</summary>
[Collection(SmallDataCollection.Name)]
public sealed class RankTrainingTests(SmallData data)
{
    // Sums in another order differ in the last bits. Descent is plain: Adam makes as much of a gradient that is nothing but rounding, as
    // that of a bias before batch norm is, as of any other.
    private const double Tolerance = 1e-5;

    // By name: ranks, and whether each has a part of the tables.
    public static TheoryData<string, int, bool> Cases => new()
    {
        { "deepfm", 2, false }, { "deepfm", 4, false }, { "mutual", 2, false }, { "mutual", 3, false }, { "kdef", 2, false },
        { "kdef", 4, false }, { "ensemble", 3, false }, { "deferred", 2, false }, { "touched", 4, false }, { "ema", 2, false },
        { "swa", 3, false }, { "adam", 3, false }, { "deepfm", 2, true }, { "deepfm", 4, true }, { "mutual", 3, true },
        { "kdef", 4, true }, { "deferred", 2, true }, { "touched", 4, true }, { "ema", 2, true }, { "ema touched", 3, true },
        { "swa", 3, true }, { "adam", 3, true }, { "norm stays", 3, false }, { "norm stays", 2, true }, { "member sizes", 3, true },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_SeveralRanks_GiveTheWeightsOfOne(string name, int ranks, bool shards)
    {
        var alone = Rig(name).Run(data.NewFolder());
        var together = TrainerRig.RunTogether(() => Rig(name, shards), ranks, data.NewFolder());
        Assert.All(together, t => Outcome.AssertSame(together[0], t));
        var tolerance = name == "adam" ? 0.01 : Tolerance;
        foreach (var (key, numbers) in alone.Numbers)
            for (var i = 0; i < numbers.Length; i++)
                Assert.True(Math.Abs(numbers[i] - together[0].Numbers[key][i]) < tolerance,
                    $"{key}[{i}]: {together[0].Numbers[key][i]} on {ranks} ranks, {numbers[i]} alone");
        Assert.Equal(alone.Result.Valid.Metrics.Ensemble.Auc, together[0].Result.Valid.Metrics.Ensemble.Auc, 0.001);
        Assert.Equal(alone.Result.Epochs.Count, together[0].Result.Epochs.Count);
        Assert.Equal(ranks, together[0].Result.Ranks);
        Outcome.AssertSame(together[0], TrainerRig.RunTogether(() => Rig(name, shards), ranks, data.NewFolder())[0]);
    }

    [Theory]
    [InlineData("kdef", 4, 1, false, false)]
    [InlineData("kdef", 1, 3, false, false)]
    [InlineData("kdef", 4, 3, false, false)]
    [InlineData("kdef", 2, 2, false, false)]
    [InlineData("kdef", 4, 3, true, true)]
    [InlineData("kdef", 2, 1, true, false)]
    [InlineData("kdef", 4, 1, true, false)]
    [InlineData("kdef", 1, 3, false, true)]
    [InlineData("deferred", 3, 3, true, true)]
    [InlineData("ema touched", 2, 2, true, true)]
    [InlineData("undivided", 2, 2, false, false)]
    [InlineData("undivided", 3, 3, true, true)]
    public void Resume_OnOtherRanks_GoesOn(string name, int before, int after, bool shardsBefore, bool shardsAfter)
    {
        var folder = data.NewFolder();
        TrainerRig.StopTogether(() => Rig(name, shardsBefore), before, folder, steps: 13);
        var whole = TrainerRig.RunTogether(() => Rig(name, shardsBefore), before, data.NewFolder());
        var resumed = TrainerRig.RunTogether(() => Rig(name, shardsAfter), after, folder, resume: true);
        Assert.All(resumed, r => Outcome.AssertSame(resumed[0], r));
        if ((before, shardsBefore) == (after, shardsAfter))
            Outcome.AssertSame(whole[0], resumed[0]);
        foreach (var (key, numbers) in whole[0].Numbers)
            for (var i = 0; i < numbers.Length; i++)
                Assert.Equal(numbers[i], resumed[0].Numbers[key][i], Tolerance);
    }

    [Theory]
    [InlineData("deepfm", 3)]
    [InlineData("kdef", 4)]
    [InlineData("touched", 2)]
    [InlineData("ema touched", 2)]
    public void Run_Shards_GiveTheBitsOfReplicas(string name, int ranks) => Outcome.AssertSame(
        TrainerRig.RunTogether(() => Rig(name), ranks, data.NewFolder())[0],
        TrainerRig.RunTogether(() => Rig(name, shards: true), ranks, data.NewFolder())[0]);

    [Theory]
    [InlineData("deepfm", 3, false)]
    [InlineData("mutual", 2, false)]
    [InlineData("kdef", 4, true)]
    [InlineData("adam", 2, false)]
    public void Run_ExchangeDuringTheBackwardPass_GivesTheBitsOfOneBehindIt(string name, int ranks, bool shards) => Outcome.AssertSame(
        TrainerRig.RunTogether(() => Rig(name, shards) with { Overlaps = false }, ranks, data.NewFolder())[0],
        TrainerRig.RunTogether(() => Rig(name, shards), ranks, data.NewFolder())[0]);

    [Theory]
    [InlineData("deepfm", 2, false, WirePrecision.Bf16)]
    [InlineData("deepfm", 4, false, WirePrecision.Fp16)]
    [InlineData("kdef", 3, true, WirePrecision.Bf16)]
    [InlineData("touched", 2, true, WirePrecision.Fp16)]
    [InlineData("deferred", 3, false, WirePrecision.Bf16)]
    public void Run_RoundedOnTheWire_IsTheSameOnAllRanksAndEachTime(string name, int ranks, bool shards, WirePrecision wire)
    {
        TrainerRig Rounded() => Rig(name, shards) with { Wire = wire };
        var (floats, rounded) = (TrainerRig.RunTogether(() => Rig(name, shards), ranks, data.NewFolder())[0],
            TrainerRig.RunTogether(Rounded, ranks, data.NewFolder()));
        Assert.All(rounded, r => Outcome.AssertSame(rounded[0], r));
        Outcome.AssertSame(rounded[0], TrainerRig.RunTogether(Rounded, ranks, data.NewFolder())[0]);
        Outcome.AssertSame(rounded[0], TrainerRig.RunTogether(() => Rounded() with { Overlaps = false }, ranks, data.NewFolder())[0]);
        var apart = floats.Numbers.Max(n => n.Value.Zip(rounded[0].Numbers[n.Key], (a, b) => Math.Abs(a - b)).Max());
        Assert.True(apart > 1e-9, "nothing was rounded");
        Assert.Equal(floats.Result.Valid.Metrics.Ensemble.Auc, rounded[0].Result.Valid.Metrics.Ensemble.Auc, 0.01);
        Assert.InRange(rounded[0].Result.Wire!.BytesPerStep / floats.Result.Wire!.BytesPerStep, 0.4, 0.95);
    }

    [Fact]
    public void Run_FewerRowsThanRanks_StillTrains()
    {
        // 600 rows in batches of 299 leave a last one of 2: on four ranks two have none.
        TrainerRig Odd() => Rig("deepfm") with { Options = Plain with { BatchSize = 299 } };
        var (alone, together) = (Odd().Run(data.NewFolder()), TrainerRig.RunTogether(Odd, 4, data.NewFolder()));
        Assert.All(together, t => Outcome.AssertSame(together[0], t));
        foreach (var (key, numbers) in alone.Numbers)
            for (var i = 0; i < numbers.Length; i++)
                Assert.Equal(numbers[i], together[0].Numbers[key][i], Tolerance);
    }

    [Fact]
    public void Run_SeveralRanks_CountWhatTheySend()
    {
        var result = TrainerRig.RunTogether(() => Rig("deepfm"), 2, data.NewFolder())[0].Result;
        Assert.NotNull(result.Wire);
        Assert.Null(Rig("deepfm").Run(data.NewFolder()).Result.Wire);
        // Each rank sends half of the dense gradients to be summed and half of the sums.
        using var training = Rig("deepfm").Training(data.NewFolder(), null);
        Assert.InRange(result.Wire.BytesPerStep, 4 * training.Store.DenseGradients.Length, 16 * training.Store.DenseGradients.Length);
    }

    private TrainerRig Rig(string name, bool shards = false)
    {
        var rig = new TrainerRig(data.Dataset) { Options = Plain, Phases = Phases(new Supervised()), ShardTables = shards, Threads = 1 };
        return name switch
        {
            "deepfm" => rig with { Family = TrainerRig.Own(TrainerRig.Noisy()) },
            "adam" => rig with
            {
                Family = TrainerRig.Own(TrainerRig.Plain()),
                Options = Plain with { Optimizer = new() { MaxGradientNorm = 10 } },
                Phases = [Phases(new Supervised())[0] with { LearningRate = 1e-3 }],
            },
            "mutual" => rig with { Phases = Phases(new MutualLearning()) },
            "kdef" => rig with
            {
                Family = TrainerRig.Shared(TrainerRig.Noisy(), TrainerRig.Noisy(), TrainerRig.Plain()),
                Phases = Phases(new KnowledgeDrivenEnsemble()),
            },
            "ensemble" => rig with { Phases = Phases(new Supervised(new SupervisedOptions { Loss = LabelLoss.Ensemble })) },
            "deferred" => rig with { Options = With(EmbeddingUpdate.Deferred) },
            // Rows that rest are made up for by one formula, Adam's and that of an average.
            "undivided" => rig with
            {
                Options = Plain with
                { Optimizer = new() { AverageDecay = 0.9, MaxGradientNorm = 10, EmbeddingUpdate = EmbeddingUpdate.Deferred } },
                Phases = [Phases(new MutualLearning())[0] with { LearningRate = 1e-2 }],
            },
            "touched" => rig with { Options = With(EmbeddingUpdate.Touched) },
            "ema" => rig with { Options = Plain with { Optimizer = Plain.Optimizer with { AverageDecay = 0.9 } } },
            "ema touched" => rig with
            {
                Options = Plain with
                { Optimizer = Plain.Optimizer with { AverageDecay = 0.9, EmbeddingUpdate = EmbeddingUpdate.Touched } },
            },
            "member sizes" => rig with
            {
                Family = new Family(
                    new EmbeddingOptions
                    {
                        Dimension = 4,
                        InitialDeviation = 0.1,
                        Fields = new Dictionary<string, FieldEmbedding>
                        { ["C2"] = new() { Dimension = 3 }, ["C3"] = new() { Freeze = true } },
                    },
                    [TrainerRig.Plain(), TrainerRig.Plain()]),
            },
            "norm stays" => rig with
            {
                Phases = [Phases(new Supervised())[0] with { Name = "first", Epochs = 1 }, Phases(new MutualLearning())[0] with
                { Epochs = 2, Overrides = new() { BatchNorm = NormStatistics.Stay, Dropout = 0.1 } }],
            },
            "swa" => rig with { Options = Plain with { Swa = 2 } },
            _ => throw new ArgumentException(name),
        };
    }

    private static TrainingOptions Plain { get; } = new()
    {
        BatchSize = SmallData.BatchSize,
        Seed = 5,
        Optimizer = new() { Rule = new Sgd(), MaxGradientNorm = 10 },
    };

    private static TrainingOptions With(EmbeddingUpdate update) =>
        Plain with { Optimizer = Plain.Optimizer with { EmbeddingL2 = 1e-4, EmbeddingUpdate = update } };

    private static Phase[] Phases(Strategy strategy) => [new() { Strategy = strategy, Epochs = 3, LearningRate = 0.1 }];
}
