using System.Text.Json;
using Consort.Cli.Commands;
using Consort.Learning.Runs;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>
/// A run goes on with more epochs as if it had had them from the start; all else that differs is named; one writer a folder.
/// </summary>
public sealed class ResumeTests
{
    private const string Phases = """
        phases:
          - { name: first, strategy: { name: kdef }, epochs: 2, learning_rate: 1e-2, patience: 0 }
          - { name: second, strategy: { name: mutual }, epochs: 1, learning_rate: 1e-3, patience: 0, schedule: { name: exponential } }
        """;

    [Theory]
    [InlineData("patience: 0")]
    [InlineData("patience: 1\n  min_delta: 0.5")]
    public void Train_FinishedAndResumedWithMoreEpochs_EndsAsIfItHadHadThem(string patience)
    {
        using var clicks = new TinyClicks();
        var (two, four) = (Experiment(clicks, "two", 2, patience), Experiment(clicks, "four", 4, patience));
        Succeed("train", four, "--out", clicks.At("whole"), "--threads", "1");
        Succeed("train", two, "--out", clicks.At("run"), "--threads", "1");
        Succeed("train", four, "--out", clicks.At("run"), "--threads", "2", "--resume");
        AssertSame(clicks, "whole", "run", "best-train.ckpt");
        Assert.Equal(Results(clicks, "whole"), Results(clicks, "run"));
        Assert.Contains("epochs: 4", File.ReadAllText(clicks.At("run/experiment.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    public void Train_StoppedInALaterPhaseAndResumedWithMoreEpochsOfIt_EndsAsIfItHadHadThem()
    {
        using var clicks = new TinyClicks();
        var few = clicks.WriteExperiment("few.yaml", "  evaluations_per_epoch: 2", Phases);
        var many = clicks.WriteExperiment("many.yaml", "  evaluations_per_epoch: 2",
            Phases.Replace("epochs: 1", "epochs: 3", StringComparison.Ordinal));
        Succeed("train", many, "--out", clicks.At("whole"));
        Assert.Equal(130, ConsoleRun.StoppedAt("second: epoch 1", "train", few, "--out", clicks.At("run")).ExitCode);
        Succeed("train", many, "--out", clicks.At("run"), "--resume");
        AssertSame(clicks, "whole", "run", "best-first.ckpt");
        AssertSame(clicks, "whole", "run", "best-second.ckpt");
        using var json = JsonDocument.Parse(File.ReadAllText(clicks.At("run/metrics.json")));
        Assert.Equal(3, json.RootElement.GetProperty("epochs").GetInt32());
        Assert.Equal("""{"first":2,"second":3}""", json.RootElement.GetProperty("epochs_by_phase").GetRawText()
            .Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
    }

    [Fact]
    public void AnyUse_OfARunThatHasNotFinished_SaysWhichWeights()
    {
        using var clicks = new TinyClicks();
        var text = clicks.WriteExperiment("phases.yaml", "", Phases);
        var run = clicks.At("run");
        Assert.Equal(130, ConsoleRun.StoppedAt("first: epoch 2", "train", text, "--out", run).ExitCode);
        string[][] commands =
        [
            ["pack", run, "-o", clicks.At("m.consort")], ["export", run, "--onnx", "-o", clicks.At("m.onnx")], ["diagnose", run],
            ["predict", run, "--data", clicks.Test, "--out", clicks.At("p.txt")], ["evaluate", run, "--data", clicks.Test],
        ];
        foreach (var command in commands)
        {
            var lines = Succeed(command).Error.Split('\n');
            var line = Assert.Single(lines, l => l.Contains("has not finished", StringComparison.Ordinal));
            Assert.Matches("run: the run has not finished: weights of phase first, epoch [12]; go on with train --resume$",
                line.TrimEnd('\r'));
        }

        Assert.Contains("weights of phase second, epoch 1", Succeed("evaluate", run, "--data", clicks.Test, "--last").Error,
            StringComparison.Ordinal);
        Succeed("train", text, "--out", run, "--resume");
        foreach (var command in commands)
            Assert.DoesNotContain("has not finished", Succeed(command).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_ResumedThoughFinished_LeavesItsFilesAndShowsThem()
    {
        using var clicks = new TinyClicks();
        var experiment = Experiment(clicks, "one", 1, "patience: 0");
        Succeed("train", experiment, "--out", clicks.At("run"));
        var before = Files();
        var again = Succeed("train", experiment, "--out", clicks.At("run"), "--resume", "--json", clicks.At("again.json"));
        Assert.Contains("the run has finished before: nothing was trained", again.Output, StringComparison.Ordinal);
        Assert.Equal(before, Files());
        Assert.Equal(File.ReadAllText(clicks.At("run/metrics.json")) + "\n", File.ReadAllText(clicks.At("again.json")));

        Dictionary<string, string> Files() => Directory.GetFiles(clicks.At("run"), "*", SearchOption.AllDirectories)
            .ToDictionary(f => f, f => Convert.ToHexString(File.ReadAllBytes(f)));
    }

    [Fact]
    public void Train_ResumedWhereNothingIs_SaysThatItBegins()
    {
        using var clicks = new TinyClicks();
        var experiment = Experiment(clicks, "one", 1, "patience: 0");
        var line = $"--resume: found no checkpoint in {clicks.At("typo")}, so training begins anew";
        Assert.Contains(line, Succeed("train", experiment, "--out", clicks.At("typo"), "--resume", "--quiet").Error,
            StringComparison.Ordinal);
        Assert.DoesNotContain("--resume", Succeed("train", experiment, "--out", clicks.At("other"), "--quiet").Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Train_ResumedWithEpochsThatCannotBe_SaysWhy()
    {
        using var clicks = new TinyClicks();
        var text = clicks.WriteExperiment("phases.yaml", "", Phases);
        Succeed("train", text, "--out", clicks.At("run"));
        var before = File.ReadAllBytes(clicks.At("run/experiment.yaml"));
        Refused("phase first, epochs: 2, now 3: phase second has begun from what 2 gave; expected 2",
            Phases.Replace("epochs: 2", "epochs: 3", StringComparison.Ordinal));
        Refused("phase first, epochs: 2, now 1: 2 have been trained; expected at least 2",
            Phases.Replace("epochs: 2", "epochs: 1", StringComparison.Ordinal));
        Refused("phase second, epochs: 1, now 0: 1 have been trained",
            Phases.Replace("epochs: 1", "epochs: 0, evaluate_first: false", StringComparison.Ordinal));
        Assert.Equal(before, File.ReadAllBytes(clicks.At("run/experiment.yaml")));
        Assert.True(File.Exists(clicks.At("run/metrics.json")));

        void Refused(string message, string phases) =>
            Fail(message, "train", clicks.WriteExperiment("other.yaml", "", phases), "--out", clicks.At("run"), "--resume");
    }

    [Fact]
    public void Train_ResumedWithAnotherExperiment_NamesEveryKey()
    {
        using var clicks = new TinyClicks();
        Succeed("train", Experiment(clicks, "one", 2, "patience: 0"), "--out", clicks.At("run"));
        var other = File.ReadAllText(clicks.At("one.yaml")).Replace("1e-2", "2e-2", StringComparison.Ordinal)
            .Replace("dropout: 0.2", "dropout: 0.3", StringComparison.Ordinal).Replace("kdef", "mutual", StringComparison.Ordinal);
        var run = Fail("was written by another experiment or other data (", "train", clicks.File("other.yaml", other), "--out",
            clicks.At("run"), "--resume");
        foreach (var key in new[] { "training, learning_rate: 0.01, now 0.02", "member 0, dropout: 0.2, now 0.3",
            "strategy, name: kdef, now mutual", "strategy, teach: 1, now nothing" })
            Assert.Contains(key, run.Error, StringComparison.Ordinal);
        Assert.Contains("of which only epochs may grow; make this one a run of its own with --out", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("batch_size", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_ResumedWithWhatDecidesNothing_GoesOn()
    {
        using var clicks = new TinyClicks();
        Succeed("train", Experiment(clicks, "one", 2, "patience: 0"), "--out", clicks.At("run"));
        var other = File.ReadAllText(clicks.At("one.yaml")).Replace("name: tiny", "name: renamed", StringComparison.Ordinal)
            .Replace("1e-2", "0.01", StringComparison.Ordinal)
            .Replace("  batch_size", "  checkpoint_minutes: 5\n  batch_size", StringComparison.Ordinal)
            .Replace("train.csv", clicks.Train, StringComparison.Ordinal);
        Succeed("train", clicks.File("other.yaml", other), "--out", clicks.At("run"), "--resume", "--threads", "1");
    }

    [Fact]
    public void Train_ResumedOverOtherRows_NamesTheFile()
    {
        using var clicks = new TinyClicks();
        var experiment = Experiment(clicks, "one", 1, "patience: 0");
        Succeed("train", experiment, "--out", clicks.At("run"));
        File.AppendAllText(clicks.Train, "1,u1,i1,2\n");
        Fail($"{clicks.Train}: found ", "train", experiment, "--out", clicks.At("run"), "--resume");
    }

    [Fact]
    public void Train_AFolderThatAnotherProcessWrites_IsRefusedAtOnce()
    {
        using var clicks = new TinyClicks();
        using (new RunFolder(clicks.At("run")).Claim())
        {
            var run = Fail($"{clicks.At("run")}: is being written by another process: pid {Environment.ProcessId} on host ", "train",
                clicks.Experiment, "--out", clicks.At("run"));
            Assert.Contains("name another folder with --out", run.Error, StringComparison.Ordinal);
            Assert.False(File.Exists(clicks.At("run/experiment.yaml")));
        }

        Succeed("train", clicks.Experiment, "--out", clicks.At("run"));
        Assert.Empty(Directory.EnumerateFiles(clicks.At("run"), "writer.*"));
    }

    [Fact]
    public void Evaluate_APhaseOrTheLast_MeasuresThoseWeights()
    {
        using var clicks = new TinyClicks();
        Succeed("train", clicks.WriteExperiment("phases.yaml", "", Phases), "--out", clicks.At("run"));
        Succeed("train", clicks.WriteExperiment("only.yaml", "", Phases[..Phases.IndexOf("  - { name: second", StringComparison.Ordinal)]),
            "--out", clicks.At("only"));
        var (only, first, second, last) = (Auc("only"), Auc("run", "--phase", "first"), Auc("run"), Auc("run", "--last"));
        Assert.Equal(only, first);
        Assert.NotEqual(first, second);
        Assert.Equal(second, Auc("run", "--phase", "second"));
        Assert.Equal(second, last); // one epoch: its best weights are its last
        Fail("--phase secnd: found no such phase", "evaluate", clicks.At("run"), "--data", clicks.Test, "--phase", "secnd");
        Fail("--last: found beside --phase", "evaluate", clicks.At("run"), "--data", clicks.Test, "--phase", "first", "--last");

        double Auc(string run, params string[] weights)
        {
            Succeed(["evaluate", clicks.At(run), "--data", clicks.Test, "--json", clicks.At("e.json"), .. weights]);
            using var json = JsonDocument.Parse(File.ReadAllText(clicks.At("e.json")));
            return json.RootElement.GetProperty("logloss").GetDouble();
        }
    }

    private static string Experiment(TinyClicks clicks, string name, int epochs, string patience) =>
        clicks.WriteExperiment($"{name}.yaml", FormattableString.Invariant($"  epochs: {epochs}\n  learning_rate: 1e-2\n  {patience}"));

    private static ConsoleRun Succeed(params string[] command)
    {
        var run = ConsoleRun.Of(command);
        Assert.True(run.ExitCode == 0, run.Error);
        return run;
    }

    private static ConsoleRun Fail(string message, params string[] command)
    {
        var run = ConsoleRun.Of(command);
        Assert.Equal(CommandLine.Mistake, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        return run;
    }

    private static void AssertSame(TinyClicks clicks, string expected, string found, string checkpoint) => Assert.Equal(
        File.ReadAllBytes(clicks.At($"{expected}/checkpoints/{checkpoint}")),
        File.ReadAllBytes(clicks.At($"{found}/checkpoints/{checkpoint}")));

    private static string Results(TinyClicks clicks, string run)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(clicks.At($"{run}/metrics.json")));
        return json.RootElement.GetProperty("test").GetRawText() + json.RootElement.GetProperty("epochs").GetRawText();
    }
}
