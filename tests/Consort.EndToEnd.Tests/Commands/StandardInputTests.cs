using System.Text.Json;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Rows that a shell sends to standard input, or does not.</summary>
public sealed class StandardInputTests
{
    [Fact]
    public void Encode_AFileRedirectedOrPipedOrLinked_IsKnownAsTheFile()
    {
        using var clicks = new TinyClicks();
        File.CreateSymbolicLink(clicks.At("link.csv"), clicks.Train);
        var expected = Facts(clicks, "file", clicks.Train, "");
        Assert.Equal(new FileInfo(clicks.Train).Length, expected.Bytes);
        Assert.Equal(expected, Facts(clicks, "redirected", "-", $" < '{clicks.Train}'"));
        Assert.Equal(expected, Facts(clicks, "piped", "-", $" < <(cat '{clicks.Train}')"));
        Assert.Equal(expected, Facts(clicks, "linked", clicks.At("link.csv"), ""));
    }

    [Fact]
    public void Evaluate_OnRowsThatWereTrainedOnFromRedirectedInput_SaysSo()
    {
        using var clicks = new TinyClicks();
        var experiment = clicks.File("stdin.yaml", File.ReadAllText(clicks.Experiment)
            .Replace("train: train.csv", "train: \"-\"", StringComparison.Ordinal));
        Shell($"consort train '{experiment}' --out '{clicks.At("run")}' -q < '{clicks.Train}'");
        Assert.Contains("holds rows that the run was trained on",
            ConsoleRun.Of("evaluate", clicks.At("run"), "--data", clicks.Train).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("encode --schema '{0}/schema.yaml' --source - --out '{0}/encoded'")]
    [InlineData("data describe -")]
    [InlineData("data describe - --schema '{0}/schema.yaml'")]
    [InlineData("predict '{0}/run' --data - --out '{0}/p.txt'")]
    [InlineData("evaluate '{0}/run' --data -")]
    public void Rows_OfAClosedStandardInput_AreRefusedAtOnce(string command)
    {
        using var clicks = new TinyClicks();
        if (command.Contains("/run", StringComparison.Ordinal))
            Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "-q").ExitCode);
        using var process = ConsoleProcess.Shell($"consort {string.Format(System.Globalization.CultureInfo.InvariantCulture, command, clicks.Path)} <&-");
        var run = process.End();
        Assert.Equal((2, "consort: -: found a closed standard input, expected rows"), (run.ExitCode, run.Error.Trim()));
    }

    [Fact]
    public void Encode_WithoutAFolderForTemporaryFiles_NamesItAndTheVariable()
    {
        using var clicks = new TinyClicks();
        using var process = ConsoleProcess.Shell(
            $"export TMPDIR=/nowhere/tmp; consort encode --schema '{clicks.At("schema.yaml")}' --source - --out '{clicks.At("encoded")}' -q < <(cat '{clicks.Train}')");
        var run = process.End();
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("/nowhere/tmp/: found no such folder, expected the one for temporary files", run.Error, StringComparison.Ordinal);
        Assert.Contains("TMPDIR names it", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public void Encode_AQueryUnderWay_EndsAtASignal(string signal, int code)
    {
        using var clicks = new TinyClicks();
        const string Query = "select sum(a.range * b.range) as label, 1 as user, 1 as item, 1 as price from range(10000000) a, range(10000000) b";
        using var process = ConsoleProcess.Shell(
            $"consort encode --schema '{clicks.At("schema.yaml")}' --source 'sql:{Query}' --out '{clicks.At("encoded")}'");
        Thread.Sleep(3000);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        process.Signal(signal);
        var run = process.End();
        Assert.Equal(code, run.ExitCode);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"ended after {clock.Elapsed}");
        Assert.Contains("consort: stopped", run.Error, StringComparison.Ordinal);
    }

    private static (string Key, long Bytes) Facts(TinyClicks clicks, string name, string source, string rest)
    {
        Shell($"consort encode --schema '{clicks.At("schema.yaml")}' --source '{source}' --out '{clicks.At(name)}' --json '{clicks.At(name + ".json")}' -q{rest}");
        var json = JsonDocument.Parse(File.ReadAllText(clicks.At(name + ".json"))).RootElement;
        return (json.GetProperty("key").GetString()!, json.GetProperty("source_bytes").GetInt64());
    }

    private static void Shell(string line)
    {
        using var process = ConsoleProcess.Shell(line);
        var run = process.End();
        Assert.True(run.ExitCode == 0, run.Error);
    }
}
