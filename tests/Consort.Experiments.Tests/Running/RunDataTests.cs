using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Learning.Runs;

namespace Consort.Experiments.Tests.Running;

/// <summary>The rows of a run are found where they are, and are known by their content.</summary>
public sealed class RunDataTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly RunFolder _run;

    public RunDataTests()
    {
        _folder.Clicks("clicks.tsv", 600);
        var text = $$"""
            data: { schema: { preset: criteo, min_count: 2 }, source: clicks.tsv, by: order, shares: [0.5, 0.25, 0.25], cache: {{_folder.At("cache")}} }
            embedding: { dimension: 2 }
            members: [{ model: LR }]
            training: { epochs: 1, batch_size: 256 }
            """;
        ExperimentRunner.Run(new RunRequest(Experiment.Parse(text, "exp.yaml", _folder.Path), _folder.At("run"), 1), default);
        _run = new RunFolder(_folder.At("run"));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("\"key\": \"\\ud800\"")]
    [InlineData("\"key\": null")]
    [InlineData("\"identities\": [null]")]
    public void Read_AValueThatIsNone_SaysThatItIsDamaged(string other)
    {
        var key = other[..other.IndexOf(':', StringComparison.Ordinal)];
        var lines = File.ReadAllText(_run.Data);
        var from = lines.IndexOf(key + ":", StringComparison.Ordinal);
        var end = key == "\"key\"" ? lines.IndexOf(',', from) : lines.IndexOf(']', from) + 1;
        File.WriteAllText(_run.Data, lines[..from] + other + lines[end..]);
        Assert.StartsWith($"{_run.Data}: the file is damaged", Assert.Throws<ConsortException>(() => RunData.Read(_run)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Open_EncodedRowsDamaged_EncodesThemAgain()
    {
        var file = Path.Combine(_folder.At("cache"), "train.bin");
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^4]);
        using var dataset = RunRows.Open(_run, null, 1, null, default);
        Assert.Equal((300, 150), (dataset.Train.Rows, dataset.Test!.Rows));
    }

    [Fact]
    public void Open_AnotherFileUnderTheName_IsNotTaken()
    {
        Directory.Delete(_folder.At("cache"), recursive: true);
        File.Move(_folder.At("clicks.tsv"), _folder.At("kept.tsv"));
        File.Move(_folder.At("clicks.tsv.truth"), _folder.At("kept.tsv.truth"));
        _folder.Clicks("clicks.tsv", 600, new() { FirstRow = 1_000_000 });
        var e = Assert.Throws<ConsortException>(() => RunRows.Open(_run, null, 1, null, default));
        Assert.Contains($"{_folder.At("clicks.tsv")}: ", e.Message, StringComparison.Ordinal);
        Assert.Contains("expected clicks.tsv of", e.Message, StringComparison.Ordinal);
        using var dataset = RunRows.Open(_run, _folder.At("kept.tsv"), 1, null, default);
    }

    [Fact]
    public void Open_RunOfAnOlderVersion_FindsThemByItsExperiment()
    {
        File.Delete(_run.Data);
        using (RunRows.Open(_run, null, 1, null, default)) { }
        File.Delete(_folder.At("clicks.tsv"));
        Assert.Contains("--data DIR", Assert.Throws<ConsortException>(() => RunRows.Open(_run, null, 1, null, default)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"key": null, "split": "", "encoded": null, "folder": null, "files": [null], "identities": []}""")]
    public void Read_Damaged_SaysSo(string text)
    {
        File.WriteAllText(_run.Data, text);
        Assert.Contains("data.json: the file is damaged", Assert.Throws<ConsortException>(() => RunData.Read(_run)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_SchemaOfAFile_StandsInTheTextOfTheRun()
    {
        _folder.File("schema.yaml", "fields: [{name: y, kind: label}, {name: a, kind: categorical}]");
        var first = Experiment.Parse("data: { schema: schema.yaml, source: clicks.tsv }\nmembers: [{ model: LR }]", "x.yaml", _folder.Path);
        Assert.Contains("name: \"a\", kind: categorical", first.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("schema.yaml", first.Text, StringComparison.Ordinal);
        File.Delete(_folder.At("schema.yaml"));
        var again = Experiment.Parse(first.Text, "x.yaml", _folder.Path);
        Assert.Equal((first.Text, first.Digest, first.Data!.Schema), (again.Text, again.Digest, again.Data!.Schema));
    }

    [Fact]
    public void Run_ResumedBeforeAnyCheckpointWithAnotherExperiment_IsRefused()
    {
        File.Delete(_run.LastCheckpoint);
        var text = File.ReadAllText(_run.Experiment).Replace("batch_size: 256", "batch_size: 128", StringComparison.Ordinal);
        var e = Assert.Throws<ConsortException>(() => ExperimentRunner.Run(
            new RunRequest(Experiment.Parse(text, "exp.yaml", _folder.Path), _run.Path, 1, Resume: true), default));
        Assert.Contains("training, batch_size: 256, now 128", e.Message, StringComparison.Ordinal);
    }
}
