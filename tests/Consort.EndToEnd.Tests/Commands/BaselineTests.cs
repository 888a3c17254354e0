using System.Text.Json;
using Consort.Boosting;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Trees beside a run, and as its teacher.</summary>
public sealed class BaselineTests
{
    [Fact]
    public void Baseline_BesideARun_ComparesAndTeaches()
    {
        Assert.SkipUnless(BoostedTrees.IsHere, "no native LightGBM here: an x64 system with libgomp is needed");
        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "--quiet").ExitCode);
        var baseline = ConsoleRun.Of("baseline", clicks.Experiment, "--against", clicks.At("run"), "--seeds", "2", "--min-rows", "5", "--threads", "1",
            "--teach", clicks.At("trees.txt"), "--logits", clicks.At("trees.logits"), "--json", clicks.At("b.json"), "--quiet");
        Assert.True(baseline.ExitCode == 0, baseline.Error);
        foreach (var words in new[] { "LightGBM", "both averaged", "kind: logit" })
            Assert.Contains(words, baseline.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllText(clicks.At("b.json")));
        Assert.Equal(2, json.RootElement.GetProperty("seeds").GetArrayLength());
        var run = json.RootElement.GetProperty("runs")[0];
        using var metrics = JsonDocument.Parse(File.ReadAllText(clicks.At("run/metrics.json")));
        Assert.Equal(metrics.RootElement.GetProperty("test").GetProperty("auc").GetDouble(), run.GetProperty("auc").GetDouble(), 1e-9);
        var mean = json.RootElement.GetProperty("auc").GetDouble();
        Assert.Equal(run.GetProperty("auc").GetDouble() - mean, run.GetProperty("to_baseline").GetProperty("difference").GetDouble(), 1e-6);
        Assert.True(File.Exists(clicks.At("trees.logits")));

        var student = clicks.WriteExperiment("student.yaml", $"  epochs: 1\n  teachers: [{{ predictions: {clicks.At("trees.txt").Replace('\\', '/')}, kind: logit }}]",
            "strategy: { name: distillation }");
        var train = ConsoleRun.Of("train", student, "--out", clicks.At("student"), "--quiet");
        Assert.True(train.ExitCode == 0, train.Error);
    }

    [Fact]
    public void Baseline_RunThatIsNone_IsRefusedFirst()
    {
        using var clicks = new TinyClicks();
        Assert.Contains("found no finished run there", ConsoleRun.Of("baseline", clicks.Experiment, "--against", clicks.At("none")).Error,
            StringComparison.Ordinal);
    }
}
