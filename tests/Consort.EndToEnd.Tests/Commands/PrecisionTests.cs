using System.Diagnostics;
using System.Text.Json;
using Consort.Cli.Commands;
using Consort.Compute.Bf16;
using Consort.Compute.Cpu.MatrixMultiply;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>bf16 where the machine has it, fp32 and a line that says why where not.</summary>
public sealed class PrecisionTests
{
    private const string Note = "precision bf16 is not to be had here";

    [Fact]
    public void Train_Bf16_RecordsWhatWasUsedAndTellsWhatWasMissing()
    {
        using var clicks = new TinyClicks();
        var train = ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "--precision", "bf16", "--quiet");
        Assert.True(train.ExitCode == 0, train.Error);
        var missing = Precision.Bf16.Missing();
        Assert.Equal(missing is null ? "bf16" : "fp32", RecordedPrecision(clicks.At("run")));
        Assert.Equal(missing is null ? 0 : 1, Notes(train.Error));

        var evaluate = ConsoleRun.Of("evaluate", clicks.At("run"), "--data", clicks.Test, "--quiet");
        Assert.True(evaluate.ExitCode == 0, evaluate.Error);
        Assert.Equal(missing is null ? 0 : 1, Notes(evaluate.Error));
    }

    [Fact]
    public void Train_Bf16WithoutAvx512_IsAnFp32RunWithOneLineThatSaysWhy()
    {
        using var clicks = new TinyClicks();
        var (asked, single) = (Alone(clicks, "bf16"), Alone(clicks, "fp32"));
        Assert.Equal((1, 0), (Notes(asked), Notes(single)));
        Assert.Equal("fp32", RecordedPrecision(clicks.At("bf16")));
        Assert.Contains("\"why\"", File.ReadAllText(clicks.At("bf16/events.jsonl")), StringComparison.Ordinal);
        Assert.Equal(TestMetrics(clicks.At("fp32")), TestMetrics(clicks.At("bf16")));
    }

    [Fact]
    public void Train_UnknownPrecision_IsAMistake()
    {
        using var clicks = new TinyClicks();
        var train = ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "--precision", "fp8");
        Assert.Equal(CommandLine.Mistake, train.ExitCode);
        Assert.Contains("found \"fp8\", expected fp32 or bf16", train.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_NativeMatmul_UsesALibraryOrNamesWhatWasLookedFor()
    {
        using var clicks = new TinyClicks();
        var experiment = clicks.WriteExperiment("native.yaml", "  epochs: 2\n  matmul: native");
        var train = ConsoleRun.Of("train", experiment, "--out", clicks.At("run"), "--quiet");
        if (NativeBlas.Missing is null)
        {
            Assert.True(train.ExitCode == 0, train.Error);
            Assert.Contains(NativeBlas.Name!, File.ReadAllText(clicks.At("run/environment.json")), StringComparison.Ordinal);
            return;
        }

        Assert.Equal(CommandLine.Mistake, train.ExitCode);
        Assert.Contains("libopenblas.so.0", train.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(clicks.At("run")), "a run that cannot begin must not claim its folder");
    }

    private static int Notes(string error) => error.Split('\n').Count(line => line.Contains(Note, StringComparison.Ordinal));

    private static string? RecordedPrecision(string run)
    {
        using var environment = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "environment.json")));
        return environment.RootElement.GetProperty("precision").GetString();
    }

    private static string TestMetrics(string run)
    {
        using var metrics = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "metrics.json")));
        return metrics.RootElement.GetProperty("test").GetRawText();
    }

    // A process of its own, for what the processor can do is fixed when one begins. Gives its standard error.
    private static string Alone(TinyClicks clicks, string precision)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["exec", Path.Combine(AppContext.BaseDirectory, "consort.dll"), "train", clicks.Experiment, "--out", clicks.At(precision),
                "--precision", precision, "--quiet", "--threads", "1"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            Environment = { ["DOTNET_EnableAVX512"] = "0" },
        };
        using var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
        return error;
    }
}
