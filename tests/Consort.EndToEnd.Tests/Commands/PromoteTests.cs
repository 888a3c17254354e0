using System.Text.Json;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>The gate: what may take the place of what serves, with an exit code of its own for "no".</summary>
public sealed class PromoteTests : IDisposable
{
    private readonly TinyClicks _clicks = new(3000);

    public void Dispose() => _clicks.Dispose();

    [Fact]
    public void Promote_GoodAndBadModels_SaysWhichMayServe()
    {
        var (good, bad, package) = (_clicks.At("good"), _clicks.At("bad"), _clicks.At("good.consort"));
        Succeed("train", _clicks.WriteExperiment("good.yaml", rest: "strategy: { name: supervised }"), "--out", good);
        Succeed("train", _clicks.WriteExperiment("bad.yaml", "  epochs: 1\n  learning_rate: 1e-6", "strategy: { name: supervised }"), "--out", bad);
        Succeed("pack", good, "-o", package, "-q");
        string[] easy = ["--latency-ratio", "1000", "--size-ratio", "1000", "-q"]; // no test measures time

        // A run against its own package: nothing differs.
        var same = ConsoleRun.Of([
            "promote", good, "--against", package, "--data", _clicks.Test, "--slice-rows", "50", "--json", _clicks.At("same.json"), .. easy]);
        Assert.True(same.ExitCode == 0, same.Output + same.Error);
        using var equal = JsonDocument.Parse(File.ReadAllText(_clicks.At("same.json")));
        Assert.True(equal.RootElement.GetProperty("promoted").GetBoolean());
        Assert.Equal(0, equal.RootElement.GetProperty("auc").GetProperty("difference").GetDouble());
        Assert.True(equal.RootElement.GetProperty("slices").GetArrayLength() >= 12); // users and items
        Assert.True(equal.RootElement.GetProperty("new").GetProperty("latency_us").GetProperty("p50").GetDouble() > 0);

        // The same model is no gain.
        var gain = ConsoleRun.Of(["promote", package, "--against", package, "--data", _clicks.Test, "--must-gain", .. easy]);
        Assert.Equal(3, gain.ExitCode);
        Assert.Contains("do not promote", gain.Output, StringComparison.Ordinal);

        // A worse one fails by AUC and log-loss; the other way round it is a gain.
        var worse = ConsoleRun.Of([
            "promote", bad, "--against", package, "--data", _clicks.Test, "--json", _clicks.At("bad.json"), "--html", _clicks.At("bad.html"), .. easy]);
        Assert.Equal(3, worse.ExitCode);
        using var json = JsonDocument.Parse(File.ReadAllText(_clicks.At("bad.json")));
        var failed = json.RootElement.GetProperty("checks").EnumerateArray().Where(c => !c.GetProperty("passed").GetBoolean())
            .Select(c => c.GetProperty("name").GetString()).ToArray();
        Assert.Contains("auc", failed);
        Assert.Contains("logloss", failed);
        Assert.Contains("do not promote", File.ReadAllText(_clicks.At("bad.html")), StringComparison.Ordinal);
        Assert.Equal(0, ConsoleRun.Of(["promote", package, "--against", bad, "--data", _clicks.Test, "--must-gain", .. easy]).ExitCode);
    }

    [Fact]
    public void Promote_Mistakes_AreTheUsers()
    {
        Succeed("train", _clicks.WriteExperiment("a.yaml", "  epochs: 1", "strategy: { name: supervised }"), "--out", _clicks.At("a"));
        Fail("--auc-margin: found 2, expected 0 to 0.5", "--data", _clicks.Test, "--auc-margin", "2");
        Fail("--auc-margin: found \"x\"", "--data", _clicks.Test, "--auc-margin", "x");
        Fail("nobody", "--data", _clicks.Test, "--slices", "nobody");
        var clicks = _clicks.File("none.csv", "label,user,item,price\n0,u1,i1,1\n0,u2,i1,1\n");
        Fail("found 0 clicks in 2 rows, expected at least two rows with a click", "--data", clicks);

        void Fail(string message, params string[] rest)
        {
            var run = ConsoleRun.Of(["promote", _clicks.At("a"), "--against", _clicks.At("a"), .. rest]);
            Assert.Equal(2, run.ExitCode);
            Assert.Contains(message, run.Error, StringComparison.Ordinal);
        }
    }

    private static void Succeed(params string[] command)
    {
        var run = ConsoleRun.Of(command);
        Assert.True(run.ExitCode == 0, $"{string.Join(' ', command)}: {run.Error}");
    }
}
