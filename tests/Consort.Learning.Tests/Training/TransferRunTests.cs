using Consort.Data.Batches;
using Consort.Foundation.Options;
using Consort.Learning.Runs;
using Consort.Learning.Strategies;
using Consort.Learning.Teachers;
using Consort.Learning.Training;

namespace Consort.Learning.Tests.Training;

/// <summary>Training on rows without labels.</summary>
[Collection(SmallDataCollection.Name)]
public sealed class TransferRunTests(SmallData data)
{
    [Theory]
    [InlineData(PhaseRows.Auto, 30)] // 600 + 1300 rows by 64
    [InlineData(PhaseRows.All, 30)]
    [InlineData(PhaseRows.Transfer, 21)]
    [InlineData(PhaseRows.Train, 10)]
    public void Run_RowsOfAPhase_AreAsItSays(PhaseRows rows, int steps)
    {
        var teacher = Teacher();
        var result = Student(teacher, rows).Run(data.NewFolder()).Result;
        Assert.Equal(2 * steps, result.Epochs[^1].Steps);
        Assert.Equal(rows == PhaseRows.Transfer, result.Epochs[^1].Loss["label"] == 0);
    }

    [Fact]
    public void Run_TransferRowsStoppedAnywhere_EndsAsIfNeverStopped()
    {
        var teacher = Teacher();
        var whole = Student(teacher, PhaseRows.All).Run(data.NewFolder());
        foreach (var stop in new[] { 1, 29, 30, 44 })
        {
            var folder = data.NewFolder();
            Student(teacher, PhaseRows.All).RunAndStop(folder, stop);
            Outcome.AssertSame(whole, Student(teacher, PhaseRows.All).Run(folder, resume: true));
        }
    }

    [Fact]
    public void Run_TrainRowsAlone_EndsAsWithoutTransferRows()
    {
        var teacher = Teacher();
        var without = Student(teacher, PhaseRows.Auto) with { Data = data.Dataset };
        Outcome.AssertSame(without.Run(data.NewFolder()), Student(teacher, PhaseRows.Train).Run(data.NewFolder()));
    }

    [Fact]
    public void Run_TransferRowsAlone_TeachWhatTheTeacherKnows()
    {
        var teacher = Teacher();
        var rig = Student(teacher, PhaseRows.Transfer);
        var result = (rig with { Phases = [Phase(PhaseRows.Transfer) with { Epochs = 20, Patience = 0 }] }).Run(data.NewFolder()).Result;
        // It has seen neither a label nor a row of the training split.
        Assert.InRange(result.Test!.Metrics.Ensemble.Auc, 0.7, 1);
    }

    [Fact]
    public void Run_StrategyOrDataDoNotFit_SaysWhich()
    {
        string Refused(TrainerRig rig) => Assert.Throws<ConsortException>(() => rig.Run(data.NewFolder())).Message;
        var supervised = new TrainerRig(data.WithTransfer);
        Assert.Contains("of which no phase learns (strategy supervised)", Refused(supervised), StringComparison.Ordinal);
        Assert.Contains("phase train, rows: found all, expected train: strategy supervised learns nothing from rows without labels",
            Refused(supervised with { Phases = [new Phase { Strategy = new Supervised(), Rows = PhaseRows.All }] }),
            StringComparison.Ordinal);
        Assert.Contains("phase train, rows: found transfer, expected rows without labels beside the training rows",
            Refused(Student(Teacher(), PhaseRows.Transfer) with { Data = data.Dataset }), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OutOfFold_EachRowIsTaughtByWhoHasNotSeenIt()
    {
        // Two teachers who say the opposite of each other: rows of part 1 are all taught by the first, rows of part 2 by the second.
        using var logits = new TeacherLogits(SmallData.TrainRows + 10, 2);
        for (var row = 0; row < logits.Rows; row++)
            (logits[row, 0], logits[row, 1]) = (row, -row);
        logits.OutOfFold(SmallData.TrainRows);
        for (var row = 0; row < SmallData.TrainRows; row++)
        {
            var said = LeftOut.PartOf(row, 2) == 1 ? row : -row;
            Assert.Equal((said, said), (logits[row, 0], logits[row, 1]));
        }

        Assert.Equal((605, -605), (logits[605, 0], logits[605, 1]));
    }

    [Fact]
    public void Run_APartIsLeftOut_LearnsFromTheOthersAndResumes()
    {
        var teacher = Teacher();
        TrainerRig Rig(params int[] part) => Student(teacher, PhaseRows.All) with
        {
            Phases = [Phase(PhaseRows.All) with { LeaveOut = part, OutOfFold = true, Teachers = ["one", "two"] }],
        };
        var whole = Rig(2, 3).Run(data.NewFolder());
        Assert.Equal(2 * 27, whole.Result.Epochs[^1].Steps); // 400 + 1300 rows by 64
        var folder = data.NewFolder();
        Rig(2, 3).RunAndStop(folder, 31);
        Outcome.AssertSame(whole, Rig(2, 3).Run(folder, resume: true));
        Assert.NotEqual(whole.Text, Rig(1, 3).Run(data.NewFolder()).Text);
        var alone = Student(teacher, PhaseRows.All) with { Phases = [Phase(PhaseRows.All) with { OutOfFold = true }] };
        Assert.Contains("expected one for each part", Assert.Throws<ConsortException>(() => alone.Run(data.NewFolder())).Message,
            StringComparison.Ordinal);
        Assert.Contains("found [3, 2], expected a part and how many there are", Assert.Throws<ConsortException>(() =>
            Consort.Learning.Training.Phase.Options.Read(OptionMap.Parse("{ leave_out: [3, 2] }", "phase"))).Message, StringComparison.Ordinal);
    }

    private TrainerRig Student(Func<string, TrainedFamily> teacher, PhaseRows rows) => new(data.WithTransfer)
    {
        Family = TrainerRig.Own(TrainerRig.Noisy()),
        Teacher = teacher,
        Phases = [Phase(rows)],
    };

    private static Phase Phase(PhaseRows rows) => new()
    {
        Strategy = new Distillation(new() { Distance = TeacherDistance.Logit }),
        Epochs = 2,
        LearningRate = 0.02,
        Teachers = ["teacher"],
        Rows = rows,
    };

    private Func<string, TrainedFamily> Teacher()
    {
        var folder = data.NewFolder();
        var rig = new TrainerRig(data.Dataset) { Phases = [new Phase { Strategy = new Supervised(), Epochs = 8, LearningRate = 0.02 }] };
        rig.Run(folder);
        return _ => new TrainedFamily(rig.Family, data.Dataset.Space, new RunFolder(folder).BestCheckpoint("train"));
    }
}
