using System.Text.Json;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Days as phases of a file: the commands take the folder for its newest day.</summary>
public sealed class DayPhaseTests : IDisposable
{
    private readonly TinyClicks _clicks = new(900);

    public DayPhaseTests()
    {
        for (var day = 2; day <= 3; day++)
            _clicks.File($"logs/day{day}.csv", TinyClicks.Rows(400, day + 5));
    }

    public void Dispose() => _clicks.Dispose();

    [Fact]
    public void Train_WithDays_LeavesAFolderThatStandsForTheNewest()
    {
        var (file, run) = (Write("  - { days: logs/*, batch_norm: stay }"), _clicks.At("run"));
        string[] train = ["train", file, "--out", run, "-q", "--json", _clicks.At("r.json")];
        var said = Does(train).Output;
        Assert.Contains("day3", said, StringComparison.Ordinal);
        Assert.Contains($"pack {run} -o model.consort", said, StringComparison.Ordinal);
        Assert.DoesNotContain("evaluate", said, StringComparison.Ordinal); // of the training before the days nobody wants more
        Assert.Contains("weights: best-update.ckpt of day3", Does("evaluate", run, "--data", _clicks.Test).Output, StringComparison.Ordinal);
        using (var json = JsonDocument.Parse(File.ReadAllText(_clicks.At("r.json"))))
        {
            Assert.Equal(["day2", "day3"], json.RootElement.GetProperty("days").EnumerateArray().Select(d => d.GetProperty("day").GetString()));
            Assert.True(json.RootElement.GetProperty("first").GetProperty("valid").GetProperty("auc").GetDouble() > 0.5);
        }

        // What each says of the folder is what it says of the day's.
        string[] newest = [run, _clicks.At("run/days/day3")];
        Assert.Equal(Each("evaluate", "--data", _clicks.Test)[0], Each("evaluate", "--data", _clicks.Test)[1]);
        foreach (var (at, index) in newest.Select((n, i) => (n, i)))
        {
            Does("predict", at, "--data", _clicks.Test, "--out", _clicks.At($"p{index}.txt"));
            Does("pack", at, "-o", _clicks.At($"m{index}.consort"), "-q");
        }

        Assert.Equal(File.ReadAllText(_clicks.At("p0.txt")), File.ReadAllText(_clicks.At("p1.txt")));
        Assert.Equal(new FileInfo(_clicks.At("m0.consort")).Length, new FileInfo(_clicks.At("m1.consort")).Length);
        Does("report", run, "--out", _clicks.At("r.html"));
        Assert.Contains("day3.csv", File.ReadAllText(_clicks.At("r.html")), StringComparison.Ordinal);
        Does("distil", run, "--model", "DNN", "--out", _clicks.At("student"), "-q");
        Assert.Equal(File.ReadAllBytes(_clicks.At("run/days/day3/encoder.bin")), File.ReadAllBytes(_clicks.At("student/encoder.bin")));

        Assert.Equal(2, ConsoleRun.Of(train).ExitCode);
        Assert.Contains("no new ones", Does([.. train, "--resume"]).Output, StringComparison.Ordinal);
        _clicks.File("logs/day4.csv", TinyClicks.Rows(400, 11));
        var later = Does([.. train, "--resume"]).Output;
        Assert.Contains("day4", later, StringComparison.Ordinal);
        Assert.DoesNotContain("day3", later, StringComparison.Ordinal);

        // By hand it goes on beside the folder, which stays as it is.
        _clicks.File("day5.csv", TinyClicks.Rows(400, 12));
        Does("update", run, "--data", _clicks.At("day5.csv"), "-q");
        Assert.True(File.Exists(_clicks.At("run-days/day5/metrics.json")));
        Assert.Equal("days/day4\ndays/day3\ndays/day2\nfirst\n", File.ReadAllText(_clicks.At("run/newest")));

        string[] Each(params string[] words) => [.. newest.Select(n => Does([words[0], n, .. words[1..]]).Output)];
    }

    [Theory]
    [InlineData("  - { days: logs/*, max_featurs: 5 }", "unknown key \"max_featurs\"; did you mean \"max_features\"?")]
    [InlineData("  - { days: logs/*, batch_norm: frozen }", "key batch_norm: found \"frozen\", expected one of follow, stay")]
    [InlineData("  - { data: logs/day9.csv }", "key data: found no logs/day9.csv in ")]
    public void Train_WithMistakesInDays_SaysWhereAndLeavesNothing(string phase, string expected)
    {
        var refused = ConsoleRun.Of("train", Write(phase), "--out", _clicks.At("run"), "-q");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(expected, refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_clicks.At("run")));
    }

    [Fact]
    public void Train_ADayWithoutItsLabel_KeepsTheDayBefore()
    {
        _clicks.File("logs/day3.csv", "user,item,price\nu1,i1,2\n");
        var refused = ConsoleRun.Of("train", Write("  - { days: logs/* }"), "--out", _clicks.At("run"), "-q");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("day3.csv", refused.Error, StringComparison.Ordinal);
        Assert.Contains("label", refused.Error, StringComparison.Ordinal);
        Does("pack", _clicks.At("run"), "-o", _clicks.At("m.consort"), "-q");
        Assert.Equal("days/day2\nfirst\n", File.ReadAllText(_clicks.At("run/newest")));
    }

    [Fact]
    public void Train_ADayThatIsAWrongQuery_SaysWhereItStands()
    {
        var refused = ConsoleRun.Of("train", Write("  - { name: monday, data: { sql: select 1 } }"), "--out", _clicks.At("run"), "-q");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(", key data: sql:select 1: column label is missing", refused.Error, StringComparison.Ordinal);
        Assert.Contains($"consort: {_clicks.At("days.yaml")}:", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_ADayTakenAway_IsTakenAgain()
    {
        string[] train = ["train", Write("  - { days: logs/* }"), "--out", _clicks.At("run"), "-q"];
        Does(train);
        Directory.Delete(_clicks.At("run/days/day3"), recursive: true);
        var pack = ConsoleRun.Of("pack", _clicks.At("run"), "-o", _clicks.At("m.consort"), "-q");
        Assert.Equal(2, pack.ExitCode);
        Assert.Contains("names days/day3, which is not there", pack.Error, StringComparison.Ordinal);
        var again = Does([.. train, "--resume"]);
        Assert.Contains("days/day2 stands for all again", again.Error, StringComparison.Ordinal);
        Assert.Contains("day3", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_ADayOfOneClass_IsRefusedLikeByUpdate()
    {
        var (run, day) = (_clicks.At("run"), _clicks.File("logs/day4.csv", TinyClicks.Rows(400, 9)
            .Replace("\n1,", "\n0,", StringComparison.Ordinal)));
        var refused = ConsoleRun.Of("train", Write("  - { days: logs/* }"), "--out", run, "-q");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("day4.csv: found 400 rows, none of them a click", refused.Error, StringComparison.Ordinal);
        Assert.StartsWith("days/day3\n", File.ReadAllText(_clicks.At("run/newest")), StringComparison.Ordinal);
        string[] update = ["update", run, "--data", day, "--out", _clicks.At("more"), "-q"];
        Assert.Equal(2, ConsoleRun.Of(update).ExitCode);
        Assert.False(Directory.Exists(_clicks.At("more")));
        Does([.. update, "--one-class"]);
    }

    [Fact]
    public void Train_BatchNormInTraining_SaysWhereItBelongs()
    {
        var file = _clicks.WriteExperiment("norm.yaml", "  epochs: 1\n  batch_norm: stay");
        var refused = ConsoleRun.Of("train", file, "--out", _clicks.At("run"), "-q");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("key batch_norm: found it in training, expected it in a phase", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Baseline_AFileWithDays_NamesTrain()
    {
        var refused = ConsoleRun.Of("baseline", Write("  - { days: logs/* }"));
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("`consort train` alone goes on with", refused.Error, StringComparison.Ordinal);
    }

    private string Write(string days) => _clicks.WriteExperiment("days.yaml", rest: $"strategy: {{ name: kdef }}\nphases:\n{days}");

    private static ConsoleRun Does(params string[] command)
    {
        var run = ConsoleRun.Of(command);
        Assert.True(run.ExitCode == 0, $"{string.Join(' ', command)}: {run.Error}");
        return run;
    }
}
