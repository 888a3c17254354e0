using System.Text.Json;
using Consort.Boosting;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Advice from a raw file, without an option file.</summary>
public sealed class AdviseTests
{
    [Fact]
    public void Advise_RawRows_AnswersInFiveLines()
    {
        using var folder = new TempFolder();
        var text = new System.Text.StringBuilder("click,site,ad,price\n");
        var random = new Consort.Foundation.Numbers.CounterRandom(1, "rows");
        for (var row = 0UL; row < 4000; row++)
        {
            var (site, ad, price) = ((int)(random.Uniform(4 * row) * 20), (int)(random.Uniform((4 * row) + 1) * 30), random.Uniform((4 * row) + 2) * 9);
            var z = (site % 3 == 0 ? 1 : -1) + (ad % 5 == 0 ? 1.5 : -0.5) + (site % 2 == ad % 2 ? 0.7 : -0.7);
            var click = random.Uniform((4 * row) + 3) < 1 / (1 + Math.Exp(-z)) ? 1 : 0;
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{click},s{site},a{ad},{price:F2}\n");
        }

        var file = folder.File("clicks.csv", text.ToString());
        string[] command = ["advise", file, "--minutes", "10", "--threads", "1", "--out", folder.At("advice"), "--json", folder.At("a.json"), "--quiet"];
        var advice = ConsoleRun.Of(command);
        Assert.True(advice.ExitCode == 0, advice.Error);
        foreach (var line in new[] { "best accuracy", "best per microsecond", "a family", "more data", "next" })
            Assert.Contains($"\n{line} ", advice.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllText(folder.At("a.json")));
        var lines = json.RootElement.GetProperty("lines").EnumerateArray().ToDictionary(l => l.GetProperty("name").GetString()!);
        foreach (var model in new[] { "LR", "FM", "DeepFM", "DCNv2", "FinalMLP" })
            Assert.True(lines[model].GetProperty("auc").GetDouble() > 0.6, model);
        Assert.Equal(BoostedTrees.IsHere, lines.ContainsKey("LightGBM"));
        Assert.Equal(0, json.RootElement.GetProperty("left").GetArrayLength());
        Assert.Contains(lines.Keys, n => n.EndsWith("averaged", StringComparison.Ordinal));
        Assert.Matches("consort (pack|tune) ", json.RootElement.GetProperty("answers").GetProperty("next").GetString());
        Assert.True(File.Exists(folder.At("advice/experiment.yaml")));

        // Runs that have finished are not repeated.
        var stamp = File.GetLastWriteTimeUtc(folder.At("advice/DeepFM/metrics.json"));
        Assert.Equal(0, ConsoleRun.Of(command).ExitCode);
        Assert.Equal(stamp, File.GetLastWriteTimeUtc(folder.At("advice/DeepFM/metrics.json")));
    }

    [Fact]
    public void Advise_NoTimeAtAll_SaysSo()
    {
        using var clicks = new TinyClicks();
        var advice = ConsoleRun.Of("advise", clicks.Experiment, "--minutes", "0.01", "--out", clicks.At("advice"), "--threads", "1", "--quiet");
        Assert.True(advice.ExitCode == 0 || advice.Error.Contains("found no time", StringComparison.Ordinal), advice.Error);
    }
}
