using System.Text.Json;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>The command that looks into runs, and the example of its page.</summary>
public sealed class DiagnoseTests
{
    [Fact]
    public void Diagnose_OneRun_LeavesItsFiles()
    {
        using var clicks = new TinyClicks();
        var run = clicks.At("run");
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", run, "-q").ExitCode);
        var diagnose = ConsoleRun.Of("diagnose", run, "--group", "user", "--rows", "50", "--json", clicks.At("d.json"), "--threads", "1");
        Assert.True(diagnose.ExitCode == 0, diagnose.Error);
        foreach (var part in new[] { "run on test: 200 rows", "member 1: DCN", "0 and 1", "embedding of item", "gAUC over",
            "diagnosis.md", "members: log-loss " })
            Assert.Contains(part, diagnose.Output, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(clicks.At("d.json")), File.ReadAllText(Path.Combine(run, "diagnosis.json")));
        using var json = JsonDocument.Parse(File.ReadAllText(clicks.At("d.json")));
        Assert.Equal(50, json.RootElement.GetProperty("data").GetProperty("sampled_rows").GetInt32());
        var within = json.RootElement.GetProperty("ensemble").GetProperty("group_auc");
        Assert.InRange(within.GetProperty("auc").GetDouble(), within.GetProperty("low").GetDouble(), within.GetProperty("high").GetDouble());
        Assert.Contains(", 95 % by drawing groups); left out: ", diagnose.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(run), f => f.Contains(".tmp-", StringComparison.Ordinal));

        // Elsewhere, on raw rows, and the folder of the run stays as it is.
        var before = File.GetLastWriteTimeUtc(Path.Combine(run, "diagnosis.json"));
        var other = ConsoleRun.Of("diagnose", run, "--data", clicks.Valid, "--out", clicks.At("other"), "-q");
        Assert.True(other.ExitCode == 0, other.Error);
        Assert.Contains("valid.csv", File.ReadAllText(Path.Combine(clicks.At("other"), "diagnosis.md")), StringComparison.Ordinal);
        Assert.Equal(before, File.GetLastWriteTimeUtc(Path.Combine(run, "diagnosis.json")));
    }

    [Fact]
    public void Diagnose_SeveralRuns_PutsThemSideBySide()
    {
        using var clicks = new TinyClicks();
        var mean = clicks.WriteExperiment("mean.yaml", rest: "strategy: { name: supervised, loss: ensemble }");
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("kdef"), "-q").ExitCode);
        Assert.Equal(0, ConsoleRun.Of("train", mean, "--out", clicks.At("mean"), "-q").ExitCode);
        var diagnose = ConsoleRun.Of("diagnose", clicks.At("kdef"), clicks.At("mean"), "--out", clicks.At("both"), "--json",
            clicks.At("c.json"));
        Assert.True(diagnose.ExitCode == 0, diagnose.Error);
        foreach (var part in new[] { "supervised", "kdef: log-loss ", "kdef and mean", "setting", "item" })
            Assert.Contains(part, diagnose.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllText(clicks.At("c.json")));
        Assert.Equal(["kdef", "mean"], json.RootElement.GetProperty("runs").EnumerateArray().Select(r => r.GetProperty("run").GetString()));
        Assert.Contains("| kdef |", File.ReadAllText(Path.Combine(clicks.At("both"), "comparison.md")), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(clicks.At("mean"), "diagnosis.json")));
    }

    [Theory]
    [InlineData("--group", "nobody", "group nobody: found no such categorical column, expected one of user, item")]
    [InlineData("--rows", "2", "--rows: found \"2\", expected a number from 16 to 100000")]
    [InlineData("--train-rows", "-1", "--train-rows: found \"-1\", expected a number from 0 to 10000000")]
    [InlineData("--split", "train", "train")]
    public void Diagnose_Mistakes_AreAnswered(string option, string value, string expected)
    {
        using var clicks = new TinyClicks(60);
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "-q").ExitCode);
        var diagnose = ConsoleRun.Of("diagnose", clicks.At("run"), option, value);
        Assert.Equal(2, diagnose.ExitCode);
        Assert.Contains(expected, diagnose.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(clicks.At("run"), "diagnosis.json")));
    }

    [Fact]
    public void Diagnose_OwnSource_TakesItsTestRowsOrSaysThatTheyWereTrainedOn()
    {
        using var clicks = new TinyClicks();
        var text = File.ReadAllText(clicks.Experiment);
        var dealt = clicks.File("dealt.yaml", text.Replace("train: train.csv", "source: train.csv", StringComparison.Ordinal)
            .Replace("  valid: valid.csv\n", "  by: order\n", StringComparison.Ordinal)
            .Replace("  test: test.csv\n", "  shares: [0.5, 0.25, 0.25]\n", StringComparison.Ordinal));
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("given"), "-q").ExitCode);
        Assert.Equal(0, ConsoleRun.Of("train", dealt, "--out", clicks.At("dealt"), "-q").ExitCode);
        File.Copy(clicks.Train, clicks.At("copy.csv"));
        Says("dealt", clicks.At("copy.csv"), "on test: 150 rows", "");
        Says("dealt", clicks.Valid, "on valid.csv: 200 rows", "");
        Says("given", clicks.At("copy.csv"), "on copy.csv: 600 rows", "copy.csv: holds rows that the run was trained on");
        Says("given", clicks.Test, "on test.csv: 200 rows", "");

        void Says(string run, string data, string output, string error)
        {
            var diagnose = ConsoleRun.Of("diagnose", clicks.At(run), "--data", data, "--rows", "50", "-q");
            Assert.True(diagnose.ExitCode == 0, diagnose.Error);
            Assert.Contains(output, diagnose.Output, StringComparison.Ordinal);
            Assert.Contains(error, diagnose.Error, StringComparison.Ordinal);
            Assert.Equal(error.Length > 0, diagnose.Error.Contains("trained on", StringComparison.Ordinal));
        }
    }

    // The experiments and the commands of the page, in a folder of their own.
    [Fact]
    public void Page_Example_Runs()
    {
        using var folder = new TempFolder();
        var page = File.ReadAllText(Repository.At("docs/commands/diagnose.md")).ReplaceLineEndings("\n");
        var experiment = Block(page, "```yaml\n# test: experiment\n")
            .Replace("cache: cache", $"cache: {folder.At("cache").Replace('\\', '/')}", StringComparison.Ordinal);
        folder.File("kdef.yaml", experiment);
        foreach (var line in Block(page, "```\n# in a folder with kdef.yaml\n").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ')[1..].Select(w => w.Contains('/', StringComparison.Ordinal)
                || w.Contains('.', StringComparison.Ordinal) ? folder.At(w) : w);
            var result = ConsoleRun.Of([.. words]);
            Assert.True(result.ExitCode == 0, $"{line}\n{result.Error}");
        }

        Assert.True(File.Exists(folder.At("runs/kdef/diagnosis.json")));
    }

    private static string Block(string page, string opening)
    {
        var start = page.IndexOf(opening, StringComparison.Ordinal);
        Assert.True(start >= 0, $"the page has no block that opens with {opening}");
        start += opening.Length;
        return page[start..page.IndexOf("```", start, StringComparison.Ordinal)];
    }
}
