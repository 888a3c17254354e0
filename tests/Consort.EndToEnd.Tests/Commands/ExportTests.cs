using System.Text.Json;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>A run as an ONNX model. What the model computes is checked in the tests of Serving.</summary>
public sealed class ExportTests
{
    [Fact]
    public void Export_OfARun_WritesAModelAndSaysWhatItTakes()
    {
        using var clicks = new TinyClicks();
        var run = clicks.At("run");
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", run, "--quiet").ExitCode);

        var raw = ConsoleRun.Of("export", run, "--onnx", "--json", clicks.At("export.json"));
        Assert.True(raw.ExitCode == 0, raw.Error);
        Assert.True(new FileInfo(Path.Combine(run, "model.onnx")).Length > 1000);
        Assert.Contains("input   string [B, 1]: user, item", raw.Output, StringComparison.Ordinal);
        Assert.Contains("input   double [B, 1]: price", raw.Output, StringComparison.Ordinal);
        Assert.Contains("output  float [B]: probability, of a click", raw.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllText(clicks.At("export.json")));
        Assert.Equal(["user", "item", "price"], json.RootElement.GetProperty("inputs").EnumerateArray()
            .Select(i => i.GetProperty("name").GetString()));

        var member = ConsoleRun.Of("export", run, "--onnx", "-o", clicks.At("one.onnx"), "--input", "ids", "--member", "1", "--members",
            "--external-over", "0");
        Assert.True(member.ExitCode == 0, member.Error);
        Assert.Contains("input   int64 [B, 2]: ids", member.Output, StringComparison.Ordinal);
        Assert.Contains("input   float [B, 1]: numeric", member.Output, StringComparison.Ordinal);
        Assert.Contains("output  float [B, 1]: member_logits", member.Output, StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateFiles(clicks.Path, "one.onnx.*.data"));

        var package = clicks.At("tiny.consort");
        Assert.Equal(0, ConsoleRun.Of("pack", run, "-o", package, "--calibration", "platt", "--quiet").ExitCode);
        var packed = ConsoleRun.Of("export", package, "--onnx");
        Assert.True(packed.ExitCode == 0, packed.Error);
        Assert.Contains("probability, of a click, calibrated", packed.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(clicks.At("tiny.onnx")));
        Assert.Equal(0, ConsoleRun.Of("pack", run, "-o", package, "--weights", "int8", "--quiet").ExitCode);
        var small = ConsoleRun.Of("export", package, "--onnx");
        Assert.Equal(2, small.ExitCode);
        Assert.Contains("found tables in int8, expected fp32", small.Error, StringComparison.Ordinal);
        Assert.True(new FileInfo(clicks.At("one.onnx")).Length < new FileInfo(Path.Combine(run, "model.onnx")).Length);
    }

    [Theory]
    [InlineData("export: found no form to write, expected --onnx")]
    [InlineData("--input: found text, expected raw or ids", "--onnx", "--input", "text")]
    [InlineData("--member: found 2, expected 0, 1, best or ensemble", "--onnx", "--member", "2")]
    [InlineData("--member: found bset, expected 0, 1, best or ensemble", "--onnx", "--member", "bset")]
    [InlineData("--external-over: found \"-1\", expected a number from 0 to 1536", "--onnx", "--external-over", "-1")]
    public void Export_WithAMistake_SaysWhatWasExpected(string message, params string[] options)
    {
        using var clicks = new TinyClicks(120);
        var experiment = clicks.WriteExperiment("short.yaml", "  epochs: 1\n  learning_rate: 1e-2");
        Assert.Equal(0, ConsoleRun.Of("train", experiment, "--out", clicks.At("run"), "--quiet").ExitCode);
        var export = ConsoleRun.Of(["export", clicks.At("run"), .. options]);
        Assert.Equal(2, export.ExitCode);
        Assert.Contains(message, export.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(clicks.At("run/model.onnx")));
    }

    [Fact]
    public void Export_WithoutARun_SaysSo()
    {
        using var clicks = new TinyClicks(120);
        var export = ConsoleRun.Of("export", clicks.At("nowhere"), "--onnx");
        Assert.Equal(2, export.ExitCode);
        Assert.Contains("found no run there", export.Error, StringComparison.Ordinal);
    }
}
