using Consort.Compute.Cpu.Optimizers;
using Consort.Learning.Runs;
using Consort.Learning.Schedules;
using Consort.Learning.Strategies;
using Consort.Learning.Training;

namespace Consort.Learning.Tests.Training;

/// <summary>A run that is stopped and goes on ends as one that was never stopped, to the last bit.</summary>
[Collection(SmallDataCollection.Name)]
public sealed class ResumeTests(SmallData data)
{
    private TrainerRig TwoPhases => new(data.Dataset)
    {
        Options = new TrainingOptions { BatchSize = SmallData.BatchSize, Seed = 5, EvaluationsPerEpoch = 2 },
        Phases =
        [
            new Phase { Name = "pretrain", Strategy = new Supervised(), Epochs = 2, LearningRate = 0.02,
                Schedule = new ReduceOnPlateauOptions { MinDelta = 0.05 } },
            new Phase { Name = "mutual", Strategy = new MutualLearning(), Epochs = 2, Patience = 0, LearningRate = 0.005,
                EvaluateFirst = true, Schedule = new ExponentialDecayOptions() },
        ],
    };

    [Fact]
    public void Run_StoppedAnywhere_EndsAsIfNeverStopped()
    {
        var rig = TwoPhases;
        var whole = rig.Run(data.NewFolder());
        Assert.Equal(40, whole.Result.Epochs[^1].Steps);
        // 10 steps an epoch, evaluations after steps 5 and 10: in the middle of parts, in evaluations, at ends of epochs
        // and phases, in the first step of all.
        foreach (var stop in new[] { 1, 3, 5, 6, 10, 11, 15, 20, 21, 27, 30, 39 })
        {
            var folder = data.NewFolder();
            rig.RunAndStop(folder, stop);
            Outcome.AssertSame(whole, rig.Run(folder, resume: true));
        }
    }

    [Fact]
    public void Run_StoppedAgainAndAgain_EndsAsIfNeverStopped()
    {
        var rig = TwoPhases;
        var whole = rig.Run(data.NewFolder());
        var folder = data.NewFolder();
        rig.RunAndStop(folder, 4);
        foreach (var steps in new[] { 1, 7, 9, 12 })
            rig.RunAndStop(folder, steps, resume: true);
        Outcome.AssertSame(whole, rig.Run(folder, resume: true));
    }

    [Fact]
    public void Run_FinishedAndResumed_MeasuresTheSameAgain()
    {
        var rig = TwoPhases;
        var folder = data.NewFolder();
        var whole = rig.Run(folder);
        Outcome.AssertSame(whole, rig.Run(folder, resume: true));
    }

    [Fact]
    public void Run_StoppedInTheEvaluationThatEndsThePhase_TrainsNoFurther()
    {
        // Resuming made that evaluation and then went on with the epoch, past the end of the phase.
        var rig = new TrainerRig(data.Dataset)
        {
            Options = new TrainingOptions { BatchSize = SmallData.BatchSize, EvaluationsPerEpoch = 5 },
            Phases = [new Phase { Strategy = new Supervised(), Epochs = 3, Patience = 1, MinDelta = 1 }],
        };
        var whole = rig.Run(data.NewFolder());
        Assert.Equal(4, whole.Result.Epochs[^1].Steps);
        var folder = data.NewFolder();
        rig.RunAndStop(folder, 4);
        Outcome.AssertSame(whole, rig.Run(folder, resume: true));
    }

    // Rows that rest without a regulariser are made up for by one formula, which a checkpoint between two evaluations must not divide.
    private TrainerRig Deferred(double averageDecay) => TwoPhases with
    {
        Options = new TrainingOptions
        {
            BatchSize = SmallData.BatchSize,
            Seed = 5,
            CheckpointMinutes = 0.01,
            Optimizer = new() { EmbeddingUpdate = EmbeddingUpdate.Deferred, AverageDecay = averageDecay },
        },
        Phases =
        [
            TwoPhases.Phases[0],
            TwoPhases.Phases[1] with { Overrides = new PhaseOverrides { DenseL2 = 1e-4 }, KeepOptimizer = true },
        ],
    };

    [Theory]
    [InlineData(0)]
    [InlineData(0.9)]
    public void Run_DeferredAndStoppedAnywhere_EndsAsIfNeverStopped(double averageDecay)
    {
        var rig = Deferred(averageDecay);
        var whole = rig.Run(data.NewFolder());
        foreach (var stop in new[] { 1, 4, 10, 13, 20, 21, 37 })
        {
            var folder = data.NewFolder();
            rig.RunAndStop(folder, stop);
            Outcome.AssertSame(whole, rig.Run(folder, resume: true));
        }

        var again = data.NewFolder();
        rig.RunAndStop(again, 4);
        foreach (var steps in new[] { 1, 3, 7, 9 })
            rig.RunAndStop(again, steps, resume: true);
        Outcome.AssertSame(whole, rig.Run(again, resume: true));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.9)]
    public void Run_DeferredWithManyCheckpoints_EndsAsWithNone(double averageDecay)
    {
        var rig = Deferred(averageDecay) with { Phases = [Deferred(averageDecay).Phases[0]] };
        var whole = (rig with { Options = rig.Options with { CheckpointMinutes = 1000 } }).Run(data.NewFolder());
        var (folder, found) = (data.NewFolder(), new HashSet<DateTime>());
        var slow = rig.At(() =>
        {
            Thread.Sleep(150);
            found.Add(File.GetLastWriteTimeUtc(new RunFolder(folder).LastCheckpoint));
        });
        Outcome.AssertSame(whole, slow.Run(folder));
        Assert.InRange(found.Count, 4, 20); // none, that of the first epoch, and others between
    }

    [Fact]
    public void Run_OtherThreadCount_EndsTheSame()
    {
        var rig = TwoPhases;
        Outcome.AssertSame(rig.Run(data.NewFolder()), (rig with { Threads = 3 }).Run(data.NewFolder()));
        Outcome.AssertSame(rig.Run(data.NewFolder()), (rig with { Threads = 1 }).Run(data.NewFolder()));
    }

    [Fact]
    public void Run_OtherSeed_EndsDifferently()
    {
        var rig = TwoPhases;
        var other = rig with { Options = rig.Options with { Seed = 6 } };
        Assert.NotEqual(rig.Run(data.NewFolder()).Text, other.Run(data.NewFolder()).Text);
    }

    [Fact]
    public void Run_CheckpointOfAnotherExperiment_IsRefused()
    {
        var folder = data.NewFolder();
        var rig = TwoPhases;
        rig.RunAndStop(folder, 3);
        var before = File.ReadAllBytes(new RunFolder(folder).LastCheckpoint);
        var e = Assert.Throws<ConsortException>(() => (rig with { Identity = "other" }).Run(folder, resume: true));
        Assert.Contains("last.ckpt: was written by another experiment or other data", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(new RunFolder(folder).LastCheckpoint));
    }

    [Fact]
    public void Run_GoesOnWithMoreEpochs_EndsAsIfItHadHadThem()
    {
        var rig = TwoPhases;
        var longer = rig with { Phases = [rig.Phases[0], rig.Phases[1] with { Epochs = 4 }] };
        var whole = longer.Run(data.NewFolder());
        Assert.Equal(60, whole.Result.Epochs[^1].Steps);
        foreach (var stop in new[] { 3, 20, 25, 31, 40 })
        {
            var folder = data.NewFolder();
            if (stop < 40)
                rig.RunAndStop(folder, stop);
            else
                rig.Run(folder);
            Outcome.AssertSame(whole, (longer with { Threads = 1 }).Run(folder, resume: true));
        }

        // Of the first phase, as long as the second has not begun.
        var first = rig with { Phases = [rig.Phases[0] with { Epochs = 3 }, rig.Phases[1]] };
        var (expected, early) = (first.Run(data.NewFolder()), data.NewFolder());
        rig.RunAndStop(early, 13);
        Outcome.AssertSame(expected, first.Run(early, resume: true));
    }

    [Fact]
    public void Run_EndedEarlyAndResumedWithMoreEpochs_StaysEnded()
    {
        var rig = new TrainerRig(data.Dataset)
        {
            Options = new TrainingOptions { BatchSize = SmallData.BatchSize, EvaluationsPerEpoch = 5 },
            Phases =
            [
                new Phase { Name = "a", Strategy = new Supervised(), Epochs = 3, Patience = 1, MinDelta = 1 },
                new Phase { Name = "b", Strategy = new Supervised(), Epochs = 1 },
            ],
        };
        var folder = data.NewFolder();
        var whole = rig.Run(folder);
        var longer = rig with { Phases = [rig.Phases[0] with { Epochs = 9 }, rig.Phases[1]] };
        Outcome.AssertSame(whole, longer.Run(data.NewFolder()));
        Outcome.AssertSame(whole, longer.Run(folder, resume: true));
    }

    [Theory]
    [InlineData(25, 3, 2, "phase pretrain, epochs: 2, now 3: phase mutual has begun from what 2 gave; expected 2")]
    [InlineData(25, 1, 2, "phase pretrain, epochs: 2, now 1: 2 have been trained; expected at least 2")]
    [InlineData(35, 2, 1, "phase mutual, epochs: 2, now 1: 2 have been trained; expected at least 2")]
    [InlineData(5, 0, 2, "phase pretrain, epochs: 2, now 0: 1 have been trained; expected at least 1")]
    public void Run_GoesOnWithEpochsThatCannotBe_IsRefused(int stop, int first, int second, string message)
    {
        var rig = TwoPhases;
        var folder = data.NewFolder();
        rig.RunAndStop(folder, stop);
        var before = File.ReadAllBytes(new RunFolder(folder).LastCheckpoint);
        var other = rig with { Phases = [rig.Phases[0] with { Epochs = first }, rig.Phases[1] with { Epochs = second }] };
        Assert.Contains($"last.ckpt: {message}", Assert.Throws<ConsortException>(() => other.Run(folder, resume: true)).Message,
            StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(new RunFolder(folder).LastCheckpoint));
    }

    [Fact]
    public void Run_CheckpointCutShort_IsRefused()
    {
        var folder = data.NewFolder();
        var rig = TwoPhases;
        rig.RunAndStop(folder, 3);
        var path = new RunFolder(folder).LastCheckpoint;
        var whole = File.ReadAllBytes(path);
        foreach (var length in new[] { 0, 7, 8, 100, whole.Length / 2, whole.Length - 1 })
        {
            File.WriteAllBytes(path, whole[..length]);
            var e = Assert.Throws<ConsortException>(() => rig.Run(folder, resume: true));
            Assert.Contains("last.ckpt: the file is damaged or cut short", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Run_ResumeWithoutACheckpoint_StartsAnew()
    {
        var rig = TwoPhases;
        Outcome.AssertSame(rig.Run(data.NewFolder()), rig.Run(data.NewFolder(), resume: true));
    }
}
