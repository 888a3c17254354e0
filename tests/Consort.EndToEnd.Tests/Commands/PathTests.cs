using System.Globalization;
using System.Text.Json;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>The whole path through the command line: train, evaluate, predict, resume.</summary>
public sealed class PathTests
{
    [Fact]
    public void Train_ThenEvaluateAndPredict_AgreeWithEachOther()
    {
        using var clicks = new TinyClicks();
        var (run, json) = (clicks.At("run"), clicks.At("train.json"));

        var train = ConsoleRun.Of("train", clicks.Experiment, "--out", run, "--json", json, "--threads", "2");
        Assert.True(train.ExitCode == 0, train.Error);
        Assert.Contains("ensemble", train.Output, StringComparison.Ordinal);
        Assert.Contains("report.md", train.Output, StringComparison.Ordinal);
        Assert.Contains($"consort evaluate {run} --data FILE", train.Output, StringComparison.Ordinal);
        Assert.Equal(4, train.Error.Split('\n').Count(line => line.Contains("valid AUC", StringComparison.Ordinal)));
        foreach (var file in new[] { "experiment.yaml", "environment.json", "encoder.bin", "events.jsonl", "metrics.json", "report.md",
            "checkpoints/last.ckpt", "checkpoints/best-train.ckpt" })
            Assert.True(File.Exists(Path.Combine(run, file)), file);

        using var results = JsonDocument.Parse(File.ReadAllText(json));
        var root = results.RootElement;
        var auc = root.GetProperty("test").GetProperty("auc").GetDouble();
        Assert.InRange(auc, 0.6, 1);
        Assert.InRange(root.GetProperty("valid").GetProperty("logloss").GetDouble(), 0.1, 0.7);
        Assert.Equal(2, root.GetProperty("member_test_auc").GetArrayLength());
        foreach (var key in new[] { "rows_per_second", "parameters", "peak_memory_mb", "allocated_bytes_per_step" })
            Assert.True(root.TryGetProperty(key, out _), key);
        Assert.Equal(File.ReadAllText(json).Trim(), File.ReadAllText(Path.Combine(run, "metrics.json")).Trim());

        // The raw rows through the run's own encoder must give what the encoded rows gave.
        var measured = clicks.At("evaluate.json");
        var evaluate = ConsoleRun.Of("evaluate", run, "--data", clicks.Test, "--json", measured);
        Assert.True(evaluate.ExitCode == 0, evaluate.Error);
        using var metrics = JsonDocument.Parse(File.ReadAllText(measured));
        Assert.Equal(auc, metrics.RootElement.GetProperty("auc").GetDouble(), 12);
        Assert.Equal(2, metrics.RootElement.GetProperty("members").GetArrayLength());
        Assert.Equal(200, metrics.RootElement.GetProperty("rows").GetInt64());

        var file2 = clicks.At("probabilities.txt");
        var predict = ConsoleRun.Of("predict", run, "--data", clicks.Test, "--out", file2);
        Assert.True(predict.ExitCode == 0, predict.Error);
        var probabilities = File.ReadAllLines(file2).Select(l => double.Parse(l, CultureInfo.InvariantCulture)).ToArray();
        var labels = File.ReadAllLines(clicks.Test).Skip(1).Select(l => l[0] == '1').ToArray();
        Assert.Equal(labels.Length, probabilities.Length);
        Assert.Equal(auc, Auc(probabilities, labels), 6);
    }

    [Fact]
    public void Predict_ToStandardOutputWithMembers_GivesARowARow()
    {
        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "--quiet").ExitCode);
        var unlabelled = clicks.File("new.csv", "item,price,user\ni1,2.5,u1\ni1,,unheard-of\n");
        var predict = ConsoleRun.Of("predict", clicks.At("run"), "--data", unlabelled, "--out", "-", "--members");
        Assert.True(predict.ExitCode == 0, predict.Error);
        var lines = predict.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.Equal(3, line.Split('\t').Length));
        Assert.All(lines, line => Assert.All(line.Split('\t'), p => Assert.InRange(double.Parse(p, CultureInfo.InvariantCulture), 0, 1)));
    }

    [Theory]
    [InlineData("1", "1")]
    [InlineData("2", "2")]
    public void Train_StoppedAndResumed_GivesTheSameWeightsBitByBit(string before, string after)
    {
        using var clicks = new TinyClicks();
        var experiment = clicks.WriteExperiment("phases.yaml", "  evaluations_per_epoch: 2", """
            phases:
              - { name: first, strategy: { name: kdef }, epochs: 3, learning_rate: 1e-2, patience: 0 }
              - { name: second, strategy: { name: mutual }, epochs: 2, learning_rate: 1e-3, patience: 0, schedule: { name: exponential } }
            """);
        var (whole, parts) = (clicks.At("whole"), clicks.At("parts"));
        Assert.Equal(0, ConsoleRun.Of("train", experiment, "--out", whole, "--threads", before).ExitCode);

        var stopped = ConsoleRun.StoppedAt("first: epoch 2", "train", experiment, "--out", parts, "--threads", before);
        Assert.Equal(130, stopped.ExitCode);
        Assert.Contains($"stopped; go on with: consort train {experiment} --out {parts} --threads {before} --resume", stopped.Error,
            StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(parts, "report.md")));
        var again = ConsoleRun.StoppedAt("second: epoch 1", "train", experiment, "--out", parts, "--threads", after, "--resume");
        Assert.Equal(130, again.ExitCode);
        Assert.DoesNotContain("first: epoch 1", again.Error, StringComparison.Ordinal);
        var rest = ConsoleRun.Of("train", experiment, "--out", parts, "--threads", after, "--resume");
        Assert.True(rest.ExitCode == 0, rest.Error);

        foreach (var checkpoint in new[] { "best-first.ckpt", "best-second.ckpt" })
        {
            var expected = File.ReadAllBytes(Path.Combine(whole, "checkpoints", checkpoint));
            Assert.Equal(expected, File.ReadAllBytes(Path.Combine(parts, "checkpoints", checkpoint)));
        }
    }

    [Fact]
    public void Train_IntoAFolderWithARun_SaysHowToGoOn()
    {
        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "-q").ExitCode);
        var again = ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "-q");
        Assert.Equal(2, again.ExitCode);
        Assert.Contains("holds a run already; go on with --resume, name another folder with --out, or delete it", again.Error,
            StringComparison.Ordinal);
        var other = ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "-q", "--seed", "9", "--resume");
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("was written by another experiment or other data", other.Error, StringComparison.Ordinal);
    }

    private static double Auc(double[] probabilities, bool[] labels)
    {
        double wins = 0, pairs = 0;
        for (var i = 0; i < labels.Length; i++)
        {
            for (var j = 0; j < labels.Length; j++)
            {
                if (!labels[i] || labels[j])
                    continue;
                pairs++;
                wins += probabilities[i] > probabilities[j] ? 1 : probabilities[i] == probabilities[j] ? 0.5 : 0;
            }
        }

        return wins / pairs;
    }
}
