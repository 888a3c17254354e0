using System.Text.Json;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Learning.Runs;

namespace Consort.Experiments.Tests.Running;

public sealed class ExperimentRunnerTests : IDisposable
{
    private const string Text =
        """
        name: pair
        data: { schema: { preset: criteo, min_count: 2 }, source: clicks.tsv, cache: CACHE }
        embedding: { dimension: 4 }
        members:
          - { model: FM }
          - { model: DNN, hidden_units: [8], batch_norm: true }
        training: { epochs: 2, batch_size: 256, learning_rate: 0.01, patience: 0 }
        strategy: { name: kdef }
        """;

    private readonly TempFolder _folder = new();
    private readonly string _text;

    public ExperimentRunnerTests()
    {
        _folder.Clicks("clicks.tsv", 2000);
        _text = Text.Replace("CACHE", _folder.At("cache"), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_WholePath_LeavesARunFolder()
    {
        var result = Run(_text, "run");
        var run = new RunFolder(_folder.At("run"));
        foreach (var file in new[] { run.Experiment, run.Environment, run.Encoder, run.Events, run.Metrics, run.Report, run.LastCheckpoint,
            run.BestCheckpoint("train") })
            Assert.True(File.Exists(file), file);
        Assert.DoesNotContain(Directory.GetFiles(run.Path, "*", SearchOption.AllDirectories),
            f => f.Contains(".tmp-", StringComparison.Ordinal));
        Assert.False(result.Encoding!.Reused);

        // The keys stay as they are: other programs read them.
        using var json = JsonDocument.Parse(File.ReadAllText(run.Metrics));
        Assert.Equal(
            ["valid", "test", "member_test_auc", "rows_per_second", "parameters", "peak_memory_mb", "allocated_bytes_per_step"],
            json.RootElement.EnumerateObject().Select(p => p.Name).Take(7));
        foreach (var split in new[] { "valid", "test" })
            Assert.Equal(["auc", "logloss"], json.RootElement.GetProperty(split).EnumerateObject().Select(p => p.Name).Take(2));
        Assert.Equal(result.Training.Test!.Metrics.Ensemble.Auc, json.RootElement.GetProperty("test").GetProperty("auc").GetDouble());
        Assert.Equal(result.Training.Test.Metrics.Members.Select(m => m.Auc), json.RootElement.GetProperty("member_test_auc")
            .EnumerateArray().Select(e => e.GetDouble()));
        Assert.Equal(result.Training.Parameters, json.RootElement.GetProperty("parameters").GetInt64());
        Assert.True(json.RootElement.GetProperty("peak_memory_mb").GetDouble() > 10);
        Assert.True(json.RootElement.GetProperty("memory_mb").GetProperty("optimizer").GetDouble() >= 0);
        Assert.Equal(result.Training.Test.Ceiling!.Auc, json.RootElement.GetProperty("test").GetProperty("ceiling")
            .GetProperty("auc").GetDouble());

        var report = File.ReadAllLines(run.Report);
        Assert.Equal("# pair", report[0]);
        Assert.Contains("Members: FM, DNN. Strategy: kdef. Seed 1.", report);
        var table = report.SkipWhile(l => !l.StartsWith("|  | split", StringComparison.Ordinal)).TakeWhile(l => l.Length > 0).ToArray();
        Assert.Equal(["| ", "| ---", "| member 0: FM | valid", "| member 1: DNN | valid", "| **ensemble** | valid",
            "| best reachable | valid",
            "| member 0: FM | test", "| member 1: DNN | test", "| **ensemble** | test", "| best reachable | test"],
            table.Zip([2, 5, 22, 23, 22, 24, 21, 22, 21, 23], (line, length) => line[..length]));
        Assert.Contains(FormattableString.Invariant($"| {result.Training.Test.Metrics.Ensemble.Auc:F6} |"), table[8],
            StringComparison.Ordinal);
        Assert.Equal(2, report.Count(l => l.StartsWith("| train | ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Run_SameAgain_GivesTheSameNumbers()
    {
        var (first, second) = (Run(_text, "a").Training, Run(_text, "b").Training);
        Assert.Equal(first.Test!.Metrics.Ensemble, second.Test!.Metrics.Ensemble);
        Assert.Equal(first.Test.Metrics.Members, second.Test.Metrics.Members);
    }

    [Fact]
    public void Run_FolderHoldsARun_IsRefused()
    {
        Run(_text, "run");
        var e = Assert.Throws<ConsortException>(() => Run(_text, "run"));
        Assert.Equal($"{_folder.At("run")}: holds a run already; go on with --resume, name another folder with --out, or delete it",
            e.Message);
        // The very same that got no further than its beginning may begin again.
        File.Delete(new RunFolder(_folder.At("run")).LastCheckpoint);
        Run(_text, "run");
        File.Delete(new RunFolder(_folder.At("run")).LastCheckpoint);
        Assert.Throws<ConsortException>(() => Run(_text.Replace("epochs: 2", "epochs: 1", StringComparison.Ordinal), "run"));
    }

    [Fact]
    public void Run_ResumeWithAnotherExperiment_LeavesTheRunAsItWas()
    {
        // The experiment and the encoder of the run had been written over before the checkpoint was refused.
        Run(_text, "run");
        var before = Files("run");
        var e = Assert.Throws<ConsortException>(() =>
            Run(_text.Replace("rate: 0.01", "rate: 0.02", StringComparison.Ordinal), "run", resume: true));
        Assert.Contains("was written by another experiment or other data", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, Files("run"));
    }

    [Fact]
    public void Run_ResumeFinished_GivesTheSameResultAndWritesNothing()
    {
        var first = Run(_text, "run").Training;
        var before = Files("run");
        var second = Run(_text, "run", resume: true);
        Assert.True(second.HadFinished);
        Assert.Equal(first.Test!.Metrics.Ensemble, second.Training.Test!.Metrics.Ensemble);
        Assert.Equal(before, Files("run"));
    }

    [Fact]
    public void Run_ResumedWithMoreEpochs_CountsTheTimeOfAllProcesses()
    {
        var first = Run(_text.Replace("epochs: 2", "epochs: 20", StringComparison.Ordinal), "run").Training;
        var second = Run(_text.Replace("epochs: 2", "epochs: 21", StringComparison.Ordinal), "run", resume: true);
        Assert.False(second.HadFinished);
        // Twenty epochs came before: all their steps are part of it, however fast the last one was.
        Assert.True(second.Training.Seconds > first.Epochs[^1].Seconds,
            $"{second.Training.Seconds} s in all, {first.Epochs[^1].Seconds} s before");
        Assert.Equal(1600 * 21, second.Training.RowsPerSecond * second.Training.Epochs[^1].Seconds, 1600 * 0.5);
    }

    // Vectors that cannot be read, weights of another family, a teacher of other data: all are found after the rows are encoded.
    [Theory]
    [InlineData("from: [one, two]", "it was trained as another family")]
    [InlineData("monitor: auc, from: [two, two]", "it was trained as another family")]
    public void Run_RefusedFirstStart_LeavesNothingAndIsNotInTheWay(string training, string message)
    {
        var alone = _text.Replace("  - { model: FM }\n", "", StringComparison.Ordinal)
            .Replace("kdef", "supervised", StringComparison.Ordinal);
        var own = _text.Replace("dimension: 4", "dimension: 4, shared: false", StringComparison.Ordinal);
        Run(alone, "two"); // the DNN
        Run(alone.Replace("model: DNN, hidden_units: [8], batch_norm: true", "model: LR", StringComparison.Ordinal), "one");
        var wrong = own.Replace("patience: 0",
            $"patience: 0, {training.Replace("one", _folder.At("one"), StringComparison.Ordinal).Replace("two", _folder.At("two"), StringComparison.Ordinal)}", StringComparison.Ordinal);
        Assert.Contains(message, Assert.Throws<ConsortException>(() => Run(wrong, "run")).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("run")));
        Run(own, "run");
    }

    [Fact]
    public void Run_FolderOfAStartThatCameToNothing_IsTakenOver()
    {
        Run(_text, "run");
        var run = new RunFolder(_folder.At("run"));
        foreach (var (dimension, resume) in new[] { ("dimension: 3", false), ("dimension: 2", true) })
        {
            File.Delete(run.Metrics);
            Directory.Delete(Path.GetDirectoryName(run.LastCheckpoint)!, recursive: true);
            Run(_text.Replace("dimension: 4", dimension, StringComparison.Ordinal), "run", resume);
            Assert.Contains(dimension, File.ReadAllText(run.Experiment), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Run_ResumeWhereNothingIs_SaysThatItBegins()
    {
        var said = new List<string>();
        var request = new RunRequest(Experiment.Parse(_text, "exp.yaml", _folder.Path), _folder.At("run"), 2, Resume: true)
        { Notice = said.Add };
        ExperimentRunner.Run(request, default);
        Assert.Equal($"--resume: found no checkpoint in {_folder.At("run")}, so training begins anew", Assert.Single(said));
        said.Clear();
        ExperimentRunner.Run(request, default);
        Assert.Empty(said);
    }

    [Fact]
    public void FinishedRun_RawFilesGone_MeasuresAndPredictsOtherRows()
    {
        var trained = Run(_text, "run").Training;
        File.Delete(_folder.At("clicks.tsv"));
        Directory.Delete(_folder.At("cache"), recursive: true);
        _folder.Clicks("later.tsv", 500, new() { FirstRow = 1_000_000 });

        using var run = new FinishedRun(_folder.At("run"), 2);
        var metrics = run.Measure(_folder.At("later.tsv"), null, default).Metrics;
        Assert.Equal(500, metrics.Ensemble.Rows);
        Assert.Equal(2, metrics.Members.Count);
        Assert.Equal("pair", run.Experiment.Name);
        Assert.InRange(metrics.Ensemble.Auc, trained.Test!.Metrics.Ensemble.Auc - 0.15, 1);

        var sum = 0.0;
        var rows = 0;
        run.Predict(_folder.At("later.tsv"), logits =>
        {
            rows += logits.Rows;
            foreach (var p in logits.EnsembleProbabilities())
                sum += p;
        }, null, default);
        Assert.Equal(500, rows);
        Assert.Equal(metrics.Ensemble.Calibration, sum / metrics.Ensemble.Clicks, 1e-4);
    }

    [Fact]
    public void FinishedRun_NoRunThere_SaysWhatIsExpected()
    {
        var e = Assert.Throws<ConsortException>(() => new FinishedRun(_folder.At("nothing"), 1));
        Assert.Contains("found no run there, expected a folder", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("nothing")));
    }

    private Dictionary<string, string> Files(string run) => Directory.GetFiles(_folder.At(run), "*", SearchOption.AllDirectories)
        .ToDictionary(f => f, f => Convert.ToHexString(File.ReadAllBytes(f)));

    private RunResult Run(string text, string folder, bool resume = false) => ExperimentRunner.Run(
        new RunRequest(Experiment.Parse(text, "exp.yaml", _folder.Path), _folder.At(folder), 2, resume), default);
}
