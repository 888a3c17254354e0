using Consort.Experiments.Files;
using Consort.Experiments.Running;

namespace Consort.Experiments.Tests.Running;

public sealed class TeacherFoldsTests : IDisposable
{
    private const string Text =
        """
        name: fold
        data: { schema: { preset: criteo, min_count: 2 }, source: clicks.tsv, cache: CACHE }
        embedding: { dimension: 2, shared: false }
        members: [{ model: LR }]
        training: { epochs: 1, batch_size: 256, patience: 0 }
        """;

    private readonly TempFolder _folder = new();

    public TeacherFoldsTests()
    {
        _folder.Clicks("clicks.tsv", 600);
        Run("one", "epochs: 1, leave_out: [1, 2]");
        Run("two", "epochs: 1, leave_out: [2, 2]");
        Run("all", "epochs: 1");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Check_EachWithoutItsOwnPart_Learns()
    {
        Run("student", ("one", "two"));
        // Members that were put together have learned in the runs that they start from.
        Run("averaged", "epochs: 0, from: [FOLDER/two]");
        Run("student2", ("one", "averaged"));
    }

    [Theory]
    [InlineData("two", "one", "two, trained with leave_out: [2, 2], expected [1, 2] as it is the teacher number 1 of 2")]
    [InlineData("one", "all", "all, trained with leave_out: [], expected [2, 2] as it is the teacher number 2 of 2")]
    [InlineData("one", "tuned", "tuned, which starts from FOLDER/all, trained with leave_out: [], expected [2, 2] as it is")]
    public void Check_OneThatSawWhatItTeaches_IsRefused(string first, string second, string message)
    {
        if (second == "tuned")
            Run(second, "epochs: 1, leave_out: [2, 2], from: [FOLDER/all]");
        var e = Assert.Throws<ConsortException>(() => Run("student", (first, second)));
        Assert.Contains(message.Replace("FOLDER", _folder.Path, StringComparison.Ordinal), e.Message, StringComparison.Ordinal);
        Assert.StartsWith("phase train, out_of_fold: found the teacher ", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("student")));
    }

    private void Run(string folder, (string First, string Second) teachers) => Run(
        folder, $"epochs: 1, out_of_fold: true, teachers: [FOLDER/{teachers.First}, FOLDER/{teachers.Second}]",
        "\nstrategy: { name: distillation }");

    private void Run(string folder, string training, string strategy = "") => ExperimentRunner.Run(
        new RunRequest(Experiment.Parse((Text.Replace("epochs: 1", training, StringComparison.Ordinal) + strategy)
            .Replace("CACHE", _folder.At("cache"), StringComparison.Ordinal)
            .Replace("FOLDER", _folder.Path, StringComparison.Ordinal), "exp.yaml", _folder.Path), _folder.At(folder), 1), default);
}
