using Consort.Compute.Cpu.Optimizers;
using Consort.Learning.Evaluation;
using Consort.Learning.Runs;
using Consort.Learning.Schedules;
using Consort.Learning.Strategies;
using Consort.Learning.Training;
using Consort.Models.Layers;
using Consort.Models.Zoo;
using Monitor = Consort.Learning.Training.Monitor;

namespace Consort.Learning.Tests.Training;

/// <summary>Early stopping, schedules, phases, and what goes wrong.</summary>
[Collection(SmallDataCollection.Name)]
public sealed class TrainerTests(SmallData data)
{
    private TrainerRig Rig(params Phase[] phases) => new(data.Dataset) { Phases = phases };

    [Fact]
    public void Run_NoImprovement_StopsAfterPatienceWithTheBestWeights()
    {
        // A rate at which a tower of 8 soon overfits 600 rows.
        var rig = Rig(new Phase
        {
            Strategy = new Supervised(),
            Epochs = 60,
            LearningRate = 0.05,
            Patience = 3,
            Schedule = new ConstantRateOptions()
        });
        var result = rig.Run(data.NewFolder()).Result;
        var best = result.Epochs.Last(e => e.IsBest);
        Assert.InRange(result.Epochs.Count, 4, 59);
        Assert.Equal(best.Epoch + 3, result.Epochs[^1].Epoch);
        Assert.All(result.Epochs, e => Assert.True(e.Valid.Ensemble.Auc <= best.Valid.Ensemble.Auc + 1e-6));
        Assert.Equal(best.Valid.Ensemble, result.Valid.Metrics.Ensemble);
        Assert.Equal(best.Valid.Members, result.Valid.Metrics.Members);
        Assert.True(result.Valid.Metrics.Ensemble.Auc > 0.7, $"AUC {result.Valid.Metrics.Ensemble.Auc}: C1 xor C2 was not learnt");
    }

    [Fact]
    public void Run_PatienceZero_TrainsAllEpochs()
    {
        var result = Rig(new Phase { Strategy = new Supervised(), Epochs = 5, Patience = 0, MinDelta = 1 }).Run(data.NewFolder()).Result;
        Assert.Equal(5, result.Epochs.Count);
        Assert.Equal([true, false, false, false, false], result.Epochs.Select(e => e.IsBest));
        Assert.Equal(result.Epochs[0].Valid.Ensemble, result.Valid.Metrics.Ensemble);
    }

    [Fact]
    public void Run_Plateau_LowersTheRateAfterEachEvaluationWithoutImprovement()
    {
        var result = Rig(new Phase
        {
            Strategy = new Supervised(),
            Epochs = 5,
            Patience = 0,
            LearningRate = 0.01,
            Schedule = new ReduceOnPlateauOptions { MinDelta = 1, Floor = 2e-5 },
        }).Run(data.NewFolder()).Result;
        double[] expected = [0.01, 0.01, 0.001, 0.0001, 2e-5];
        Assert.Equal(expected.Length, result.Epochs.Count);
        Assert.All(result.Epochs.Zip(expected), pair => Assert.Equal(pair.Second, pair.First.LearningRate, 1e-12));
    }

    [Fact]
    public void Run_MonitorLogLoss_KeepsTheSmallest()
    {
        var rig = Rig(new Phase { Strategy = new Supervised(), Epochs = 12, Patience = 0, LearningRate = 0.05 }) with
        {
            Options = new TrainingOptions { BatchSize = SmallData.BatchSize, Monitor = Consort.Learning.Training.Monitor.LogLoss },
        };
        var result = rig.Run(data.NewFolder()).Result;
        Assert.Equal(result.Epochs.Min(e => e.Valid.Ensemble.LogLoss), result.Valid.Metrics.Ensemble.LogLoss, 1e-5);
    }

    [Fact]
    public void Run_SeveralEvaluationsAnEpoch_AreSpreadEvenly()
    {
        var rig = Rig(new Phase { Strategy = new Supervised(), Epochs = 2, Patience = 0 }) with
        {
            Options = new TrainingOptions { BatchSize = SmallData.BatchSize, EvaluationsPerEpoch = 3 },
        };
        Assert.Equal([4, 7, 10, 14, 17, 20], rig.Run(data.NewFolder()).Result.Epochs.Select(e => e.Steps));
        // More evaluations than steps: one a step.
        rig = rig with { Options = rig.Options with { EvaluationsPerEpoch = 1000 } };
        Assert.Equal(Enumerable.Range(1, 20).Select(i => (long)i), rig.Run(data.NewFolder()).Result.Epochs.Select(e => e.Steps));
    }

    [Fact]
    public void Run_EvaluateFirst_CountsTheWeightsItBeganWith()
    {
        // A rate that ruins what was learnt: the phase must give back what it began with.
        var rig = Rig(
            new Phase { Name = "learn", Strategy = new Supervised(), Epochs = 20, LearningRate = 0.02, Patience = 0 },
            new Phase { Name = "ruin", Strategy = new Supervised(), Epochs = 2, LearningRate = 3, EvaluateFirst = true });
        var outcome = rig.Run(data.NewFolder());
        var learnt = outcome.Result.Epochs.Last(e => e is { Phase: "learn", IsBest: true });
        var first = outcome.Result.Epochs.First(e => e.Phase == "ruin");
        Assert.Equal(0, first.Epoch);
        Assert.Empty(first.Loss);
        Assert.Equal(learnt.Valid.Ensemble, first.Valid.Ensemble);
        Assert.Equal(learnt.Valid.Ensemble, outcome.Result.Valid.Metrics.Ensemble);
    }

    [Fact]
    public void Run_FromRunsOfTheirOwn_BeginsWithTheirWeights()
    {
        // One alone with a table that it calls shared, one with its own.
        var (first, second) = (data.NewFolder(), data.NewFolder());
        var deep = Rig(new Phase { Strategy = new Supervised(), Epochs = 3, LearningRate = 0.02 })
            with
        { Family = TrainerRig.Shared(TrainerRig.Noisy()) };
        var linear = deep with { Family = TrainerRig.Own(new LogisticRegression()) };
        var alone = new[] { deep.Run(first), linear.Run(second) };

        var mutual = new Phase
        {
            Name = "mutual",
            Strategy = new MutualLearning(),
            Epochs = 1,
            EvaluateFirst = true,
            LearningRate = 0.01,
            From = [Best(first), Best(second)],
        };
        var family = TrainerRig.Own(TrainerRig.Noisy(), new LogisticRegression());
        var result = (Rig(mutual) with { Family = family }).Run(data.NewFolder()).Result;
        Assert.Equal(alone.Select(a => a.Result.Valid.Metrics.Members[0]), result.Epochs[0].Valid.Members);

        // Models that are not those of the runs.
        var swapped = Rig(mutual with { From = [Best(second), Best(first)] }) with { Family = family };
        var e = Assert.Throws<ConsortException>(() => swapped.Run(data.NewFolder()));
        Assert.StartsWith(Best(second), e.Message, StringComparison.Ordinal);
        var few = Rig(mutual with { From = [Best(first)] }) with { Family = family };
        e = Assert.Throws<ConsortException>(() => few.Run(data.NewFolder()));
        Assert.Equal("phase mutual, from: found 1 runs, expected 2, one a member", e.Message);
    }

    [Fact]
    public void Run_NoEpochs_MeasuresWhatItStartsFrom()
    {
        var first = data.NewFolder();
        var rig = Rig(new Phase { Strategy = new Supervised(), Epochs = 2, LearningRate = 0.02 })
            with
        { Family = TrainerRig.Own(TrainerRig.Noisy()) };
        var trained = rig.Run(first);
        var measured = (rig with
        {
            Phases =
            [new Phase { Strategy = new Supervised(), Epochs = 0, EvaluateFirst = true, From = [Best(first)] }]
        }).Run(data.NewFolder());
        Assert.Equal(trained.Result.Test!.Metrics.Ensemble, measured.Result.Test!.Metrics.Ensemble);
        Assert.Equal(0, Assert.Single(measured.Result.Epochs).Steps);
        Assert.Equal(0, measured.Result.RowsPerSecond);
    }

    [Fact]
    public void Run_FromARunOfSeveralMembers_IsRefused()
    {
        // It took the first member and said nothing.
        var folder = data.NewFolder();
        var rig = Rig(new Phase { Strategy = new Supervised(), Epochs = 1 });
        rig.Run(folder);
        var phase = new Phase { Strategy = new MutualLearning(), Epochs = 1, From = [Best(folder), Best(folder)] };
        var e = Assert.Throws<ConsortException>(() => Rig(phase).Run(data.NewFolder()));
        Assert.Contains("found a run of several members, expected a run of one", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FrozenMember_KeepsItsBits()
    {
        // Running statistics of batch norm moved in frozen members.
        var pretrain = new Phase { Name = "pretrain", Strategy = new Supervised(), Epochs = 1, LearningRate = 0.01 };
        var mutual = new Phase
        {
            Name = "mutual",
            Strategy = new MutualLearning(),
            Epochs = 2,
            LearningRate = 0.01,
            Frozen = new HashSet<int> { 0 }
        };
        var before = Rig(pretrain).Run(data.NewFolder()).Numbers;
        var after = Rig(pretrain, mutual).Run(data.NewFolder()).Numbers;
        Assert.Contains(before.Keys, name => name.StartsWith("member0/", StringComparison.Ordinal));
        Assert.Contains(before.Keys, name => name.StartsWith("member1/mlp", StringComparison.Ordinal)
            && !name.EndsWith("/bias", StringComparison.Ordinal));
        foreach (var (name, numbers) in before)
            if (name.StartsWith("member0/", StringComparison.Ordinal))
                Assert.True(numbers.AsSpan().SequenceEqual(after[name]), $"{name} moved");
        Assert.All(before.Where(p => p.Key.StartsWith("member1/mlp", StringComparison.Ordinal)
            && !p.Key.EndsWith("/bias", StringComparison.Ordinal)),
            p => Assert.False(p.Value.AsSpan().SequenceEqual(after[p.Key]), $"{p.Key} stood still"));
    }

    [Fact]
    public void Run_FrozenSharedEmbeddings_KeepTheirBits()
    {
        var pretrain = new Phase { Name = "pretrain", Strategy = new Supervised(), Epochs = 1, LearningRate = 0.01 };
        var later = new Phase
        {
            Name = "later",
            Strategy = new KnowledgeDrivenEnsemble(),
            Epochs = 1,
            LearningRate = 0.01,
            Frozen = new HashSet<int> { -1 }
        };
        var family = TrainerRig.Shared(TrainerRig.Noisy(), TrainerRig.Noisy());
        var before = (Rig(pretrain) with { Family = family }).Run(data.NewFolder()).Numbers;
        var after = (Rig(pretrain, later) with { Family = family }).Run(data.NewFolder()).Numbers;
        Assert.Equal(before["shared/embedding"], after["shared/embedding"]);
        Assert.Equal(before["shared/numeric_embedding"], after["shared/numeric_embedding"]);
        Assert.NotEqual(before["member0/mlp/0/weight"], after["member0/mlp/0/weight"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Run_Diverging_NamesEpochAndStep(bool clipped)
    {
        var rig = Rig(new Phase { Strategy = new Supervised(), LearningRate = 1e30, Schedule = new ConstantRateOptions() }) with
        {
            Options = new TrainingOptions
            {
                BatchSize = SmallData.BatchSize,
                Optimizer = new OptimizerOptions { Rule = new Sgd(), MaxGradientNorm = clipped ? 10 : null }
            },
            Family = TrainerRig.Own(TrainerRig.Plain()),
        };
        var folder = data.NewFolder();
        var e = Assert.Throws<ConsortException>(() => rig.Run(folder));
        Assert.Matches(@"^training diverged in epoch 1, step [23]: .* (is|is -?)(NaN|∞|Infinity)", e.Message);
        Assert.Contains("lower learning_rate", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(new RunFolder(folder).LastCheckpoint));
    }

    [Fact]
    public void Run_OneClassValidation_IsRefusedUnlessLogLossDecides()
    {
        var rig = new TrainerRig(data.OneClass)
        {
            Phases =
            [new Phase { Strategy = new Supervised(), Epochs = 3, LearningRate = 0.01, Patience = 2 }]
        };
        foreach (var monitor in new[] { Monitor.Auc, Monitor.MemberAuc })
        {
            var e = Assert.Throws<ConsortException>(() =>
                (rig with { Options = rig.Options with { Monitor = monitor } }).Run(data.NewFolder()));
            Assert.Equal(
                $"the 200 validation rows have no clicks, so monitor: {(monitor == Monitor.Auc ? "auc" : "member_auc")} cannot choose the best weights; use monitor: logloss under training, or other validation rows",
                e.Message);
        }

        rig = rig with { Options = rig.Options with { Monitor = Monitor.LogLoss } };
        var folder = data.NewFolder();
        var whole = rig.Run(folder);
        Assert.True(double.IsNaN(whole.Result.Valid.Metrics.Ensemble.Auc));
        Assert.Contains(whole.Result.Epochs, e => e.IsBest);
        Assert.DoesNotContain("NaN", File.ReadAllText(new RunFolder(folder).Events), StringComparison.Ordinal);
        // Not a number goes into the checkpoint as null and comes back, before the first evaluation and after.
        foreach (var steps in new[] { 3, 13 })
        {
            folder = data.NewFolder();
            rig.RunAndStop(folder, steps);
            Assert.DoesNotContain("NaN", Consort.Learning.Checkpoints.TensorFile.ReadState(new RunFolder(folder).LastCheckpoint),
                StringComparison.Ordinal);
            Outcome.AssertSame(whole, rig.Run(folder, resume: true));
        }
    }

    [Fact]
    public void Run_LastStepOfAnEpochDiverging_WritesNoCheckpoint()
    {
        // One step an epoch at such a rate: the loss before it is fine, the weights after it are not.
        var rig = Rig(new Phase { Strategy = new Supervised(), Epochs = 1, LearningRate = 1e38, Schedule = new ConstantRateOptions() }) with
        {
            Options = new TrainingOptions { BatchSize = 1024, Optimizer = new OptimizerOptions { Rule = new Sgd() } },
            Family = TrainerRig.Own(TrainerRig.Plain()),
        };
        var folder = data.NewFolder();
        var e = Assert.Throws<ConsortException>(() => rig.Run(folder));
        Assert.Matches("^(evaluation after|training diverged in) epoch 1, step 1: .*lower learning_rate|a lower learning_rate", e.Message);
        Assert.False(new RunFolder(folder).HasTrained); // no checkpoint
    }

    [Fact]
    public void Run_NoValidationSplit_SaysWhatItIsFor()
    {
        var folder = data.NewFolder();
        Directory.CreateDirectory(folder);
        var csv = Path.Combine(folder, "rows.csv");
        File.WriteAllText(csv, "1,a\n0,b\n");
        var schema = Consort.Data.Schemas.Schema.Load(Consort.Foundation.Options.OptionMap.Parse(
            "header: false\ndelimiter: comma\nfields: [{ name: label, kind: label }, { name: C1, kind: categorical }]", "schema"));
        Consort.Data.Datasets.DatasetEncoder.Encode(
            new(schema, Consort.Data.Datasets.SplitPlan.Given([csv]), Path.Combine(folder, "encoded"), 1));
        using var dataset = Consort.Data.Datasets.EncodedDataset.Open(Path.Combine(folder, "encoded"));
        var e = Assert.Throws<ConsortException>(() => new TrainerRig(dataset).Run(Path.Combine(folder, "run")));
        Assert.Contains("found no validation split", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_IndependentMembers_TrainAsEachAlone()
    {
        // Members with their own embeddings, summed losses and no clipping: one does not know of the other.
        var phase = new Phase { Strategy = new Supervised(), Epochs = 2, LearningRate = 0.01, Patience = 0, MinDelta = 1 };
        var options = new TrainingOptions { BatchSize = SmallData.BatchSize, Seed = 5, Optimizer = new OptimizerOptions() };
        var tower = new Dnn(new MlpOptions { HiddenUnits = [8] });
        var alone = (Rig(phase) with { Options = options, Family = TrainerRig.Own(tower) }).Run(data.NewFolder());
        var pair = (Rig(phase) with { Options = options, Family = TrainerRig.Own(tower, new LogisticRegression()) }).Run(data.NewFolder());
        Assert.NotEmpty(alone.Numbers);
        foreach (var (name, numbers) in alone.Numbers)
            Assert.Equal(numbers, pair.Numbers[name]);
    }

    [Fact]
    public void Run_TwoMembersThatLearn_TheirMeanRanksAboveTheirMeanAuc()
    {
        var result = Rig(new Phase { Strategy = new Supervised(), Epochs = 6, LearningRate = 0.02 }).Run(data.NewFolder()).Result;
        var metrics = result.Test!.Metrics;
        Assert.All(metrics.Members, m => Assert.InRange(m.Auc, 0.6, 1));
        Assert.True(Metrics.RelaImp(metrics.Ensemble.Auc, metrics.Members.Average(m => m.Auc)) > 0,
            $"{metrics.Ensemble.Auc}: {string.Join(' ', metrics.Members.Select(m => m.Auc))}");
    }

    private static string Best(string folder) => new RunFolder(folder).BestCheckpoint("train");
}
