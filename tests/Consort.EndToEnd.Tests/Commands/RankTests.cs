using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Consort.Cli.Commands;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Training by several processes that Open MPI's mpirun starts, on this machine.</summary>
public sealed class RankTests
{
    internal const string Slow = "  optimizer: { name: sgd }\n  learning_rate: 0.1\n  epochs: 3\n  patience: 0";
    internal const string NoMpirun = "no mpirun here: apt-get install openmpi-bin";

    internal static bool HasMpirun { get; } = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
        .Any(p => File.Exists(Path.Combine(p, "mpirun")));

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(3, "--shard-tables")]
    public void Train_UnderMpirun_GivesTheProbabilitiesOfOneProcess(int ranks, params string[] more)
    {
        SkipWithoutMpirun();
        using var clicks = new TinyClicks();
        var experiment = clicks.WriteExperiment("slow.yaml", Slow);
        Assert.Equal(0, ConsoleRun.Of("train", experiment, "--out", clicks.At("alone"), "--threads", "1").ExitCode);
        foreach (var run in new[] { "together", "again" })
        {
            var (code, output, error) = Mpirun(
                ranks, ["train", experiment, "--out", clicks.At(run), "--threads", "1", "--json", clicks.At(run + ".json"), .. more]);
            Assert.True(code == 0, error);
            Assert.Single(output.Split('\n'), l => l.StartsWith($"ranks        {ranks};", StringComparison.Ordinal));
            Assert.Single(output.Split('\n'), l => l.StartsWith("report ", StringComparison.Ordinal)); // one speaks for all
        }

        Assert.Equal(File.ReadAllBytes(clicks.At("together/checkpoints/best-train.ckpt")),
            File.ReadAllBytes(clicks.At("again/checkpoints/best-train.ckpt")));
        var (alone, together) = (Probabilities(clicks.At("alone"), clicks.Test), Probabilities(clicks.At("together"), clicks.Test));
        Assert.All(alone.Zip(together), p => Assert.Equal(p.First, p.Second, 1e-5));
        using var json = JsonDocument.Parse(File.ReadAllText(clicks.At("together.json")));
        Assert.Equal(ranks, json.RootElement.GetProperty("ranks").GetInt32());
        Assert.True(json.RootElement.GetProperty("wire").GetProperty("bytes_per_step").GetDouble() > 0);
    }

    [Theory]
    [InlineData]
    [InlineData("--shard-tables")]
    public void Train_DinOverHistories_GivesTheProbabilitiesOfOneProcess(params string[] more)
    {
        SkipWithoutMpirun();
        using var folder = new TempFolder();
        foreach (var (name, first, count) in new[] { ("train", 0, 2000), ("valid", 2000, 500) })
            Assert.Equal(0, ConsoleRun.Of("data", "synth", "--histories", "6", "--rows", $"{count}", "--first-row", $"{first}", "--out",
                folder.At(name + ".tsv"), "--quiet").ExitCode);
        File.Copy(Repository.At("configs/histories/schema.yaml"), folder.At("schema.yaml"));
        var experiment = folder.File("din.yaml", $$"""
            name: din
            data: { schema: schema.yaml, train: train.tsv, valid: valid.tsv, cache: {{folder.At("cache")}} }
            embedding: { dimension: 4 }
            members: [ { model: DIN, attention_hidden_units: [8], attention_activation: dice, hidden_units: [16, 8], activation: dice, batch_norm: true, dropout: 0.1 } ]
            training: { batch_size: 256, epochs: 2, optimizer: { name: sgd }, learning_rate: 0.1, patience: 0 }
            """);
        Assert.Equal(0, ConsoleRun.Of("train", experiment, "--out", folder.At("alone"), "--threads", "1").ExitCode);
        var (code, _, error) = Mpirun(3, ["train", experiment, "--out", folder.At("together"), "--threads", "1", .. more]);
        Assert.True(code == 0, error);
        var rows = folder.At("valid.tsv");
        var (alone, together) = (Probabilities(folder.At("alone"), rows), Probabilities(folder.At("together"), rows));
        Assert.All(alone.Zip(together), p => Assert.Equal(p.First, p.Second, 1e-5));
    }

    [Theory]
    [InlineData]
    [InlineData("--shard-tables")]
    public void Train_ARankKilled_EndsAllAndGoesOnToTheSameWeights(params string[] more)
    {
        SkipWithoutMpirun();
        using var clicks = new TinyClicks(rows: 6000);
        var training = "  optimizer: { name: sgd }\n  learning_rate: 0.1\n  epochs: 12\n  patience: 0";
        var experiment = clicks.WriteExperiment("long.yaml", training);
        var (code, _, error) = Mpirun(2, ["train", experiment, "--out", clicks.At("whole"), "--threads", "1", .. more]);
        Assert.True(code == 0, error);
        using (var process = Start(2, ["train", experiment, "--out", clicks.At("run"), "--threads", "1", .. more]))
        {
            Assert.Contains("mpirun", KillARank(process, clicks.At("run/checkpoints/last.ckpt")), StringComparison.Ordinal);
            Assert.NotEqual(0, process.ExitCode);
        }

        (code, _, error) = Mpirun(2, ["train", experiment, "--out", clicks.At("run"), "--threads", "1", "--resume", .. more]);
        Assert.True(code == 0, error);
        Assert.Equal(File.ReadAllBytes(clicks.At("whole/checkpoints/best-train.ckpt")),
            File.ReadAllBytes(clicks.At("run/checkpoints/best-train.ckpt")));
    }

    [Fact]
    public void Train_AMistake_IsSaidOnceAndEndsAll()
    {
        SkipWithoutMpirun();
        using var clicks = new TinyClicks();
        var (code, output, error) = Mpirun(2, "train", clicks.At("none.yaml"), "--out", clicks.At("run"));
        Assert.Equal(CommandLine.Mistake, code);
        Assert.Single((output + error).Split('\n'), l => l.Contains("none.yaml", StringComparison.Ordinal));
    }

    // mpirun gives each rank a terminal of its own, whose codes would stand in whatever its own output is.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Train_UnderMpirunIntoAPipe_WritesPlainTextOfOneRank(int ranks)
    {
        SkipWithoutMpirun();
        using var clicks = new TinyClicks();
        var (code, output, error) = Mpirun(ranks, "train", clicks.Experiment, "--out", clicks.At("run"), "--threads", "1");
        Assert.True(code == 0, error);
        Assert.DoesNotContain(output + error, c => char.IsControl(c) && c != '\n');
        Assert.Single(error.Split('\n'), l => l.Contains(": epoch 1 ", StringComparison.Ordinal));
        Assert.Single(output.Split('\n'), l => l.StartsWith("report ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData]
    [InlineData("--shard-tables")]
    [InlineData("--wire", "bf16")]
    [InlineData("--shard-tables", "--wire", "fp16")]
    public void Plan_OfEncodedRows_SaysTheBytesThatTrainingSends(params string[] more)
    {
        SkipWithoutMpirun();
        using var clicks = new TinyClicks(rows: 640); // ten batches of 64
        Assert.Equal(0, ConsoleRun.Of("encode", "--schema", clicks.At("schema.yaml"), "--train", clicks.Train, "--valid", clicks.Valid,
            "--out", clicks.At("encoded")).ExitCode);
        var (code, _, error) = Mpirun(
            2, ["train", clicks.Experiment, "--out", clicks.At("run"), "--threads", "1", "--json", clicks.At("run.json"), .. more]);
        Assert.True(code == 0, error);
        Assert.Equal(0, ConsoleRun.Of(["plan", clicks.Experiment, "--rows", "640", "--encoded", clicks.At("encoded"), "--ranks", "2",
            "--batch", "32", "--threads", "1", "--json", clicks.At("plan.json"), .. more]).ExitCode);
        using JsonDocument run = JsonDocument.Parse(File.ReadAllText(clicks.At("run.json"))),
            plan = JsonDocument.Parse(File.ReadAllText(clicks.At("plan.json")));
        var (wire, planned) = (run.RootElement.GetProperty("wire"), plan.RootElement.GetProperty("ranks")[1]);
        var sent = wire.GetProperty("bytes_per_step").GetDouble();
        Assert.Equal(sent, planned.GetProperty("sent_mb").GetDouble() * (1 << 20), 0.05 * sent);
    }

    [Theory]
    [InlineData("--shard-tables: found", "--shard-tables")]
    [InlineData("--wire bf16: found", "--wire", "bf16")]
    public void Train_WhatRanksDoOfOneProcess_IsRefused(string found, params string[] more)
    {
        using var clicks = new TinyClicks();
        var (code, _, error) = ConsoleRun.Of(
            ["train", clicks.WriteExperiment("slow.yaml", Slow), "--out", clicks.At("run"), .. more]);
        Assert.Equal(CommandLine.Mistake, code);
        Assert.Contains($"{found} one process, expected several", error, StringComparison.Ordinal);
    }

    // Once a file is there; gives what mpirun says of it.
    internal static string KillARank(Process process, string file)
    {
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        for (var wait = Stopwatch.StartNew(); !File.Exists(file) && wait.Elapsed < Longest;)
            Thread.Sleep(20);
        var ranks = File.ReadAllText($"/proc/{process.Id}/task/{process.Id}/children")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        using (var last = Process.GetProcessById(int.Parse(ranks[^1], CultureInfo.InvariantCulture)))
            last.Kill();
        Assert.True(process.WaitForExit(Longest), "mpirun does not end though a rank was killed");
        return output.GetAwaiter().GetResult() + errors.GetAwaiter().GetResult();
    }

    internal static double[] Probabilities(string run, string rows)
    {
        Assert.Equal(0, ConsoleRun.Of("predict", run, "--data", rows, "--out", run + ".txt").ExitCode);
        return [.. File.ReadLines(run + ".txt").Select(l => double.Parse(l, CultureInfo.InvariantCulture))];
    }

    internal static (int Code, string Output, string Error) Mpirun(int ranks, params string[] args)
    {
        using var process = Start(ranks, args);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        Assert.True(process.WaitForExit(Longest), "mpirun does not end");
        return (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    internal static Process Start(int ranks, params string[] args) => Start(
        ["-np", ranks.ToString(CultureInfo.InvariantCulture), "dotnet", typeof(CommandLine).Assembly.Location, .. args]);

    /// <summary>mpirun with what follows it.</summary>
    internal static Process Start(string[] args)
    {
        var start = new ProcessStartInfo("mpirun", ["--oversubscribe", .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TERM"] = "xterm"; // as where a user types it
        // A container's user may be root.
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        return Process.Start(start)!;
    }

    internal static void SkipWithoutMpirun() => Assert.SkipUnless(HasMpirun, NoMpirun);
}
