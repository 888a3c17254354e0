using System.Globalization;
using System.IO.Compression;
using Consort.Compute.Cpu.Threads;
using Consort.Data.Batches;
using Consort.Foundation.Options;
using Consort.Learning.Runs;
using Consort.Learning.Strategies;
using Consort.Learning.Teachers;
using Consort.Learning.Training;

namespace Consort.Learning.Tests.Training;

/// <summary>Teachers that are files: any other system's predictions of the training rows.</summary>
[Collection(SmallDataCollection.Name)]
public sealed class PredictionTeacherTests(SmallData data)
{
    [Fact]
    public void Run_LogitsOfARunInAFile_TeachAsTheRunItself()
    {
        var folder = data.NewFolder();
        var rig = new TrainerRig(data.Dataset) { Phases = [new Phase { Strategy = new Supervised(), Epochs = 4, LearningRate = 0.02 }] };
        rig.Run(folder);
        TrainedFamily Find(string name) => new(rig.Family, data.Dataset.Space, new RunFolder(folder).BestCheckpoint("train"));
        using var workers = new Workers(1);
        using var rows = new BatchLoader(data.Dataset.Train, new LoaderOptions(SmallData.BatchSize));
        using var said = new TeacherLogits(rows.Rows, 1);
        using (var frozen = new FrozenTeacher(Find(""), ""))
            frozen.Teach(rows, said, 0, workers, null, CancellationToken.None);
        string Line(int row) => string.Create(CultureInfo.InvariantCulture, $"{row}\t{said[row, 0]:R}");
        var file = Write("row\tz", Enumerable.Range(0, SmallData.TrainRows).Select(Line));

        TrainerRig Student(TeacherName name) => new(data.Dataset)
        {
            Family = TrainerRig.Own(TrainerRig.Noisy()),
            Phases = [new Phase { Strategy = new Distillation(), Epochs = 2, LearningRate = 0.02, Teachers = [name] }],
        };
        var byRun = (Student("run") with { Teacher = Find }).Run(data.NewFolder());
        var byFile = Student(new TeacherName(file) { Column = "z", Kind = PredictionKind.Logit }).Run(data.NewFolder());
        Outcome.AssertSame(byRun, byFile);
    }

    [Fact]
    public void Teach_Probabilities_AreHeldAsLogits()
    {
        var file = Write("0.25,0", Enumerable.Range(1, SmallData.TrainRows - 1).Select(_ => "0.5,1"), end: "\n");
        using var said = Teach(new TeacherName(file) { Column = "1" });
        Assert.Equal((float)Math.Log(1.0 / 3), said[0, 0]);
        Assert.Equal(0, said[599, 0]);
    }

    [Theory]
    [InlineData("0.5", 599, null, null, PredictionKind.Probability, "")]
    [InlineData("0.5", 598, null, null, PredictionKind.Probability, ": found 599 predictions, expected 600, one for each row that is learned from: the training rows in their order, then those without labels")]
    [InlineData("0.5", 601, null, null, PredictionKind.Probability, ": found 602 predictions, expected 600")]
    [InlineData("1", 599, null, null, PredictionKind.Probability, ":1, column 1: found \"1\", expected a probability above 0 and below 1")]
    [InlineData("NaN", 599, null, null, PredictionKind.Logit, ":1, column 1: found \"NaN\", expected a logit from −1000 to 1000")]
    [InlineData("p", 600, "q", null, PredictionKind.Probability, ":1: found no column q, expected one of p")]
    [InlineData("0.5", 599, "2", null, PredictionKind.Probability, ":1: found no column 2, expected one of 1 to 1, for the first line names none")]
    [InlineData("p,y,p", 600, "p", null, PredictionKind.Probability, ":1: found several columns named p, expected one; name it by its number, 1 or 3")]
    [InlineData("p,y", 600, null, null, PredictionKind.Probability, ":1: found 2 columns, expected one, or the key column")]
    [InlineData("p,y", 600, "p", null, PredictionKind.Probability, ":2: found 1 columns, expected 2 as in the first line")]
    [InlineData("0.5", 599, null, "1", PredictionKind.Probability, ":1, column 1: found the label \"0.5\", expected 1 as of training row 1: the lines are other rows")]
    public void Check_AnyFile_IsAcceptedOrRefusedWithItsPlace(
        string first, int more, string? column, string? label, PredictionKind kind, string message)
    {
        var file = Write(first, Enumerable.Repeat("0.5", more));
        var name = new TeacherName(file) { Column = column, Label = label, Kind = kind };
        if (message.Length == 0)
            Teach(name).Dispose();
        else
            Assert.StartsWith(file + message, Assert.Throws<ConsortException>(() => Teach(name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Teach_APackedFile_SaysWhatThePlainOneSays()
    {
        var file = Write("p", Enumerable.Range(0, SmallData.TrainRows).Select(i => FormattableString.Invariant($"{(i + 1) / 700.0}")));
        using var plain = Teach(new TeacherName(file));
        using (var packed = new GZipStream(File.Create(file + ".gz"), CompressionLevel.Fastest))
            packed.Write(File.ReadAllBytes(file));
        using var unpacked = Teach(new TeacherName(file + ".gz"));
        for (var row = 0; row < SmallData.TrainRows; row++)
            Assert.Equal(plain[row, 0], unpacked[row, 0]);
        var bytes = File.ReadAllBytes(file + ".gz");
        File.WriteAllBytes(file + ".gz", bytes[..^9]);
        Assert.Equal($"{file}.gz: found damaged gzip data, or the end of the file before the end of the data, "
            + "expected all that was packed; copy the file again",
            Assert.Throws<ConsortException>(() => Teach(new TeacherName(file + ".gz"))).Message);
    }

    [Fact]
    public void Read_AMisspelledKey_IsNamed() => Assert.Equal(
        "phase:1: unknown key \"prediction\"; did you mean \"predictions\"?", Assert.Throws<ConsortException>(() =>
            Phase.Options.Read(OptionMap.Parse("teachers: [{ prediction: a.tsv, column: p }]", "phase"))).Message);

    private string Write(string first, IEnumerable<string> lines, string end = "")
    {
        var path = data.NewFolder() + ".tsv";
        File.WriteAllText(path, string.Join('\n', lines.Prepend(first)) + end);
        return path;
    }

    private TeacherLogits Teach(TeacherName name)
    {
        using var rows = new BatchLoader(data.Dataset.Train, new LoaderOptions(SmallData.BatchSize));
        using (var first = new PredictionTeacher(name))
            first.Check(rows);
        using var workers = new Workers(1);
        var logits = new TeacherLogits(rows.Rows, 1);
        using var teacher = new PredictionTeacher(name);
        teacher.Teach(rows, logits, 0, workers, null, CancellationToken.None);
        return logits;
    }
}
