using Consort.Compute.Cpu.Threads;
using Consort.Data.Batches;
using Consort.Learning.Runs;
using Consort.Learning.Strategies;
using Consort.Learning.Teachers;
using Consort.Learning.Training;

namespace Consort.Learning.Tests.Training;

[Collection(SmallDataCollection.Name)]
public sealed class TeacherTests(SmallData data)
{
    [Fact]
    public void Run_TeacherAlone_StudentComesToAgreeWithIt()
    {
        var (teacher, own) = Teacher();
        var labels = new TrainerRig(data.Dataset) { Family = TrainerRig.Own(TrainerRig.Plain()) };
        var student = labels with
        {
            Teacher = teacher,
            Phases = [Phase(new() { LabelWeight = 0, Weight = 1 }, epochs: 25) with { Patience = 0 }],
        };
        var result = student.Run(data.NewFolder()).Result;
        Assert.Equal(0, result.Epochs[^1].Loss["label"]);
        // It has never seen a label, and yet the squared distance of logits has fallen to less than a third.
        Assert.InRange(result.Epochs[^1].Loss["teacher"], 0, 0.33 * result.Epochs[0].Loss["teacher"]);
        Assert.InRange(result.Test!.Metrics.Ensemble.Auc, own - 0.03, 1);
    }

    [Theory]
    [InlineData(TeacherGate.None)]
    [InlineData(TeacherGate.Learned)]
    public void Run_WithTeachersStoppedAnywhere_EndsAsIfNeverStopped(TeacherGate gate)
    {
        var (teacher, _) = Teacher();
        TrainerRig Rig() => new(data.Dataset)
        {
            Family = TrainerRig.Own(TrainerRig.Noisy()),
            Teacher = teacher,
            Phases = [Phase(new() { Gate = gate }, epochs: 2) with { Teachers = ["one", "the same again"] }],
        };
        var whole = Rig().Run(data.NewFolder());
        foreach (var stop in new[] { 1, 9, 10, 15 })
        {
            var folder = data.NewFolder();
            Rig().RunAndStop(folder, stop);
            Outcome.AssertSame(whole, Rig().Run(folder, resume: true));
        }
    }

    [Fact]
    public void Teach_RowsInTheirOrder_GivesEveryRowWhatTheTeacherSaysOfIt()
    {
        var (find, _) = Teacher();
        using var kept = Teach(find, threads: 2);
        using var workers = new Workers(1);
        foreach (var size in new[] { 1, 7, SmallData.BatchSize })
        {
            using var family = find("any");
            using var program = family.Compile(size, workers);
            var pass = new LogitPass(program, family.Fusion);
            using var shuffled = new BatchLoader(data.Dataset.Train, new LoaderOptions(size, Shuffle: true, 3));
            shuffled.Start(1);
            var given = new double[size];
            while (shuffled.Next() is { } batch)
            {
                var fresh = pass.Fuse(batch);
                kept.Give(batch, 1, given);
                for (var row = 0; row < batch.Rows; row++)
                    Assert.Equal(fresh[row], given[row], 1e-5); // few rows take other paths through the products
            }
        }
    }

    [Fact]
    public void Teach_AskedAgain_SaysTheSameToTheLastBit()
    {
        var (find, _) = Teacher();
        using var first = Teach(find, threads: 2);
        using var second = Teach(find, threads: 1);
        for (var row = 0; row < first.Rows; row++)
            Assert.Equal(first[row, 1], second[row, 1]);
        Assert.NotEqual(first[0, 1], first[1, 1]);
    }

    private TeacherLogits Teach(Func<string, TrainedFamily> find, int threads)
    {
        using var workers = new Workers(threads);
        using var stored = new BatchLoader(data.Dataset.Train, new LoaderOptions(SmallData.BatchSize));
        var logits = new TeacherLogits(stored.Rows, 2);
        using var teacher = new FrozenTeacher(find("any"), "any");
        teacher.Teach(stored, logits, 1, workers, null, CancellationToken.None);
        return logits;
    }

    [Fact]
    public void Trainer_TeachersAndStrategyDoNotFit_SaysSo()
    {
        var rig = new TrainerRig(data.Dataset) { Phases = [Phase(new(), 1) with { Teachers = [] }] };
        var without = Assert.Throws<ConsortException>(() => rig.Run(data.NewFolder()));
        Assert.Contains("phase train, teachers: found none, expected at least one for strategy distillation", without.Message,
            StringComparison.Ordinal);
        rig = rig with { Phases = [new Phase { Strategy = new Supervised(), Teachers = ["a"] }] };
        var with = Assert.Throws<ConsortException>(() => rig.Run(data.NewFolder()));
        Assert.Contains("found 1, expected none for strategy supervised", with.Message, StringComparison.Ordinal);
    }

    private (Func<string, TrainedFamily> Load, double Auc) Teacher()
    {
        var folder = data.NewFolder();
        var rig = new TrainerRig(data.Dataset) { Phases = [new Phase { Strategy = new Supervised(), Epochs = 8, LearningRate = 0.02 }] };
        var auc = rig.Run(folder).Result.Test!.Metrics.Ensemble.Auc;
        return (_ => new TrainedFamily(rig.Family, data.Dataset.Space, new RunFolder(folder).BestCheckpoint("train")), auc);
    }

    private static Phase Phase(DistillationOptions options, int epochs) =>
        new() { Strategy = new Distillation(options), Epochs = epochs, LearningRate = 0.02, Teachers = ["teacher"] };
}
