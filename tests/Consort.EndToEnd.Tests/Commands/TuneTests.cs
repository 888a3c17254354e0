using System.Text.Json;
using Consort.Cli.Commands;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>A search as a user does it, from a file to the experiment that it writes.</summary>
public sealed class TuneTests
{
    [Fact]
    public void Tune_ExperimentWithASearch_WritesTheBestReadyToTrain()
    {
        using var clicks = new TinyClicks();
        File.AppendAllText(clicks.Experiment, "\nsearch: { others: fixed, training.learning_rate: { from: 1e-4, to: 0.1 }, training.batch_size: [16, 32] }\n");
        string[] command = ["tune", clicks.Experiment, "--trials", "4", "--epochs", "2", "--seeds", "1", "--finalists", "1", "--threads", "1",
            "--out", clicks.At("tuned"), "--json", clicks.At("t.json"), "--quiet"];
        var tune = ConsoleRun.Of(command);
        Assert.True(tune.ExitCode == 0, tune.Error);
        Assert.Equal(tune.Output.Contains("keep the start", StringComparison.Ordinal), !tune.Output.Contains("is better than the start on rows", StringComparison.Ordinal));
        foreach (var words in new[] { "start", "kept aside", "4 trials", "best.yaml" })
            Assert.Contains(words, tune.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllText(clicks.At("t.json")));
        Assert.Equal(4, json.RootElement.GetProperty("trials").GetInt32());
        var train = ConsoleRun.Of("train", clicks.At("tuned/best.yaml"), "--out", clicks.At("run"), "--quiet");
        Assert.True(train.ExitCode == 0, train.Error);
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("plain"), "--quiet").ExitCode); // passes over search

        var again = ConsoleRun.Of(command);
        Assert.Equal(tune.Output.Split("trials,")[0], again.Output.Split("trials,")[0]);
        var other = ConsoleRun.Of([.. command, "--seed", "2"]);
        Assert.Equal(CommandLine.Mistake, other.ExitCode);
        Assert.Contains("a search of another experiment", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Tune_Mistakes_AreNamed()
    {
        using var clicks = new TinyClicks();
        Assert.Contains("more than the 1 threads", ConsoleRun.Of("tune", clicks.Experiment, "--jobs", "2", "--threads", "1").Error, StringComparison.Ordinal);
        Assert.Contains("holds other things than a search", ConsoleRun.Of(
            "tune", clicks.Experiment, "--trials", "1", "--out", Path.GetDirectoryName(clicks.Experiment)!).Error, StringComparison.Ordinal);
        File.WriteAllText(clicks.Valid, "label,user,item,price\n");
        Assert.Equal(CommandLine.Mistake, ConsoleRun.Of("tune", clicks.Experiment, "--trials", "1", "--out", clicks.At("refused")).ExitCode);
        Assert.False(Directory.Exists(clicks.At("refused")));
    }

    [Fact]
    public void Tune_OneTrial_CannotTellWhatMattered()
    {
        using var clicks = new TinyClicks(300);
        var tune = ConsoleRun.Of("tune", clicks.Experiment, "--trials", "1", "--epochs", "1", "--seeds", "1", "--finalists", "1", "--threads", "1",
            "--out", clicks.At("tuned"), "--quiet");
        Assert.True(tune.ExitCode == 0, tune.Error);
        Assert.Contains("1 trial, ", tune.Output, StringComparison.Ordinal);
        Assert.Contains("too few trials to tell what mattered", tune.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("each option alone:", tune.Output, StringComparison.Ordinal);
    }
}
