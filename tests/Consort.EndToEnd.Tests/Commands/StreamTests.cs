using System.Diagnostics;
using Consort.Cli.Commands;
using Consort.Cli.Terminals;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Pipes, devices and signals, as a shell has them.</summary>
public sealed class StreamTests
{
    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public void Describe_APipeThatNobodyWritesTo_EndsAtASignal(string signal, int code)
    {
        using var clicks = new TinyClicks();
        Make(clicks.At("pipe"));
        // Held open for writing by the shell, so that only the signal can end it.
        using var process = ConsoleProcess.Shell(
            $"exec 9<>'{clicks.At("pipe")}'; echo ready >&2; consort data describe '{clicks.At("pipe")}' --schema '{clicks.At("schema.yaml")}'");
        Thread.Sleep(2000);
        process.Signal(signal);
        var run = process.End();
        Assert.Equal(code, run.ExitCode);
        Assert.Contains("consort: stopped", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Schema_FromAPipeThatNobodyWritesTo_EndsAtASignal()
    {
        using var clicks = new TinyClicks();
        Make(clicks.At("pipe"));
        using var process = ConsoleProcess.Shell($"consort data describe '{clicks.Train}' --schema '{clicks.At("pipe")}'");
        Thread.Sleep(2000);
        process.Signal("TERM");
        Assert.Equal(143, process.End().ExitCode);
    }

    [Fact]
    public void Predict_FromAPipeOrStandardInput_GivesWhatTheFileGives()
    {
        using var clicks = new TinyClicks();
        var run = Trained(clicks);
        var expected = ConsoleRun.Of("predict", run, "--data", clicks.Test, "--out", "-", "-q").Output;
        Assert.Equal(200, expected.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        foreach (var line in new[]
        {
            $"consort predict '{run}' --data <(cat '{clicks.Test}') --out - -q",
            $"consort predict '{run}' --data - --out - -q < <(gzip -c '{clicks.Test}')",
            $"consort predict '{run}' --data - --out - -q < '{clicks.Test}'",
            $"mkfifo '{clicks.At("out")}'; cat '{clicks.At("out")}' & consort predict '{run}' --data '{clicks.Test}' --out '{clicks.At("out")}' -q > /dev/null",
        })
        {
            using var process = ConsoleProcess.Shell(line);
            var result = process.End();
            Assert.True(result.ExitCode == 0, result.Error);
            Assert.Equal(expected, result.Output);
        }
    }

    [Fact]
    public void Predict_ToAReaderWhoLeaves_EndsQuietly()
    {
        using var clicks = new TinyClicks();
        var run = Trained(clicks);
        // Rows without end: only the reader's leaving can end it.
        using var process = ConsoleProcess.Shell(
            $"(head -1 '{clicks.Test}'; while tail -n +2 '{clicks.Test}'; do :; done) 2> /dev/null | consort predict '{run}' --data - --out - -q | head -1; echo ${{PIPESTATUS[1]}} > '{clicks.At("code")}'");
        var result = process.End();
        Assert.Equal("", result.Error);
        Assert.Single(result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(CommandLine.NoReader.ToString(System.Globalization.CultureInfo.InvariantCulture),
            File.ReadAllText(clicks.At("code")).Trim());
    }

    [Theory]
    [InlineData("data describe '{0}' --schema '{1}'")]
    [InlineData("models")]
    public void Output_ToAFullDisk_IsAMistakeWithoutAStackTrace(string command)
    {
        using var clicks = new TinyClicks();
        var line = string.Format(System.Globalization.CultureInfo.InvariantCulture, command, clicks.Train, clicks.At("schema.yaml"));
        using var process = ConsoleProcess.Shell($"consort {line} > /dev/full");
        var result = process.End();
        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("consort: disk full", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        using var both = ConsoleProcess.Shell($"consort {line} > /dev/full 2> /dev/full");
        Assert.Equal(2, both.End().ExitCode);
    }

    [Fact]
    public void Encode_APipe_SaysWhatToDo()
    {
        using var clicks = new TinyClicks();
        Make(clicks.At("pipe"));
        var run = ConsoleRun.Of("recipe", "run", "kdef/scaling", "--data", clicks.At("pipe"), "--out", clicks.At("recipe"));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("which can be read only once, expected a file that can be read again; write it to a file first", run.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Out_OntoTheRowsThatAreRead_IsRefused()
    {
        using var clicks = new TinyClicks();
        var run = Trained(clicks);
        var before = File.ReadAllText(clicks.Test);
        File.CreateSymbolicLink(clicks.At("link.csv"), clicks.Test);
        foreach (var arguments in new[]
        {
            new[] { "predict", run, "--data", clicks.Test, "--out", clicks.Test },
            ["predict", run, "--data", clicks.At("link.csv"), "--out", clicks.Test],
            ["evaluate", run, "--data", clicks.Test, "--json", clicks.At("link.csv")],
            ["data", "describe", clicks.Test, "--schema", clicks.At("schema.yaml"), "--json", clicks.Test],
            ["data", "describe", clicks.Test, "--schema", clicks.At("schema.yaml"), "--json", clicks.At("schema.yaml")],
            // A run's own files are read too.
            ["predict", run, "--data", clicks.Test, "--out", Path.Combine(run, "encoder.bin")],
            ["evaluate", run, "--data", clicks.Test, "--json", Path.Combine(run, "experiment.yaml")],
        })
        {
            var result = ConsoleRun.Of(arguments);
            Assert.Equal(2, result.ExitCode);
            Assert.Contains("is the file that is read", result.Error, StringComparison.Ordinal);
        }

        var pack = ConsoleRun.Of("pack", run, "--out", Path.Combine(run, "metrics.json"));
        Assert.Equal(2, pack.ExitCode);
        Assert.Contains("metrics.json: found a file that is no package", pack.Error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(clicks.Test));
        Assert.Equal(0, ConsoleRun.Of("evaluate", run, "--data", clicks.Test).ExitCode);
    }

    [Fact]
    public void Stop_ASecondTimeOrWhenPatienceIsOver_EndsTheProcess()
    {
        var ended = new List<int>();
        using (var twice = new StopSignals(ended.Add) { Patience = TimeSpan.FromHours(1) })
        {
            twice.Stop(130);
            Assert.True(twice.Token.IsCancellationRequested);
            Assert.Empty(ended);
            twice.Stop(143);
            Assert.Equal([143], ended);
        }

        using var over = new ManualResetEventSlim();
        using var once = new StopSignals(_ => over.Set()) { Patience = TimeSpan.FromMilliseconds(1) };
        once.Stop(143);
        Assert.True(over.Wait(TimeSpan.FromSeconds(60)));
        Assert.Equal(143, once.ExitCode);
    }

    private static string Trained(TinyClicks clicks)
    {
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "-q").ExitCode);
        return clicks.At("run");
    }

    private static void Make(string pipe)
    {
        using var make = Process.Start("mkfifo", [pipe]);
        make.WaitForExit();
        Assert.Equal(0, make.ExitCode);
    }
}
