using System.Text.Json;
using Consort.Experiments.Files;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>What is not what it seems is said: rows that a run was trained on, a run that has not finished.</summary>
public sealed class OwnRowsTests : IDisposable
{
    private readonly TinyClicks _clicks = new(300);

    public void Dispose() => _clicks.Dispose();

    [Fact]
    public void Evaluate_RowsThatTheRunWasTrainedOn_SaysSo()
    {
        const string Said = "holds rows that the run was trained on";
        Does("train", _clicks.Experiment, "--out", _clicks.At("run"), "--quiet");
        Assert.Contains($"{_clicks.Train}: {Said}", Does("evaluate", _clicks.At("run"), "--data", _clicks.Train), StringComparison.Ordinal);
        // By their content, wherever they lie.
        File.Copy(_clicks.Train, _clicks.At("copy.csv"));
        Assert.Contains(Said, Does("evaluate", _clicks.At("run"), "--data", _clicks.At("copy.csv")), StringComparison.Ordinal);
        foreach (var other in new[] { _clicks.Valid, _clicks.Test })
            Assert.DoesNotContain(Said, Does("evaluate", _clicks.At("run"), "--data", other), StringComparison.Ordinal);

        var dealt = _clicks.File("dealt.yaml", File.ReadAllText(_clicks.Experiment)
            .Replace("  train: train.csv\n  valid: valid.csv\n  test: test.csv\n", "  source: train.csv\n", StringComparison.Ordinal));
        Does("train", dealt, "--out", _clicks.At("dealt"), "--quiet");
        Assert.Contains(Said, Does("evaluate", _clicks.At("dealt"), "--data", _clicks.Train), StringComparison.Ordinal);
    }

    [Fact]
    public void Diagnose_ARunThatHasNotFinished_SaysSoInWhatItLeaves()
    {
        Does("train", _clicks.Experiment, "--out", _clicks.At("run"), "--quiet");
        string Diagnosed(string file) => File.ReadAllText(_clicks.At($"run/{file}"));
        Assert.DoesNotContain("has not finished", Does("diagnose", _clicks.At("run"), "--quiet"), StringComparison.Ordinal);
        Assert.DoesNotContain("has not finished", Diagnosed("diagnosis.md"), StringComparison.Ordinal);
        File.Delete(_clicks.At("run/metrics.json"));
        Assert.Contains("has not finished", Does("diagnose", _clicks.At("run"), "--quiet"), StringComparison.Ordinal);
        Assert.Contains("the run has not finished: weights of phase train", Diagnosed("diagnosis.md"), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(Diagnosed("diagnosis.json"));
        Assert.Contains("has not finished", json.RootElement.GetProperty("unfinished").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ATeacherByItsWeights_IsTheRunOrRefused()
    {
        Does("train", _clicks.Experiment, "--out", _clicks.At("run"), "--quiet");
        Experiment Student(string teacher) => Experiment.Load(_clicks.WriteExperiment("student.yaml",
            $"  epochs: 1\n  learning_rate: 1e-2\n  teachers: [run/{teacher}]", "strategy: { name: distillation }"));
        foreach (var same in new[] { "", "checkpoints", "checkpoints/best-train.ckpt" })
            Assert.Equal(_clicks.At("run"), Path.TrimEndingDirectorySeparator(Assert.Single(Student(same).Phases[0].Teachers).Path));
        string Refused(string teacher) => Assert.Throws<ConsortException>(() => Student(teacher)).Message;
        Assert.Contains("last.ckpt, expected those with which the run ends", Refused("checkpoints/last.ckpt"), StringComparison.Ordinal);
        File.Delete(_clicks.At("run/metrics.json"));
        foreach (var unfinished in new[] { "", "checkpoints", "checkpoints/best-train.ckpt" })
            Assert.Contains("found a run that has not finished at", Refused(unfinished), StringComparison.Ordinal);
    }

    private static string Does(params string[] command)
    {
        var run = ConsoleRun.Of(command);
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Error;
    }
}
