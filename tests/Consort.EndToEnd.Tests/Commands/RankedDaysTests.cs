using System.Text.Json;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Days of a file, and updates, by several processes that Open MPI's mpirun starts.</summary>
public sealed class RankedDaysTests : IDisposable
{
    private readonly TinyClicks _clicks = new(900);

    public RankedDaysTests()
    {
        for (var day = 2; day <= 4; day++)
            _clicks.File(day < 4 ? $"logs/day{day}.csv" : $"day{day}.csv", TinyClicks.Rows(400, day + 5));
    }

    public void Dispose() => _clicks.Dispose();

    [Theory]
    [InlineData(2)]
    [InlineData(3, "--shard-tables")]
    public void Train_DaysUnderMpirun_GivesTheProbabilitiesOfOneProcess(int ranks, params string[] more)
    {
        RankTests.SkipWithoutMpirun();
        var file = Write("  - { days: logs/*, rate: 0.1 }");
        Assert.Equal(0, ConsoleRun.Of("train", file, "--out", _clicks.At("alone"), "--threads", "1").ExitCode);
        Assert.Equal(0, ConsoleRun.Of("update", _clicks.At("alone"), "--data", _clicks.At("day4.csv")).ExitCode);
        foreach (var run in new[] { "together", "again" })
        {
            var (code, output, error) = RankTests.Mpirun(
                ranks, ["train", file, "--out", _clicks.At(run), "--threads", "1", "--json", _clicks.At(run + ".json"), .. more]);
            Assert.True(code == 0, error);
            Assert.Single(output.Split('\n'), l => l.Contains("day3", StringComparison.Ordinal)); // one speaks for all
            (code, output, error) = RankTests.Mpirun(ranks, ["update", _clicks.At(run), "--data", _clicks.At("day4.csv"), "--threads", "1", .. more]);
            Assert.True(code == 0, error);
            Assert.Single(output.Split('\n'), l => l.StartsWith("calibration ", StringComparison.Ordinal));
        }

        Assert.Equal("days/day3\ndays/day2\nfirst\n", File.ReadAllText(_clicks.At("together/newest")));
        foreach (var run in new[] { "", "-days/day4" })
        {
            Assert.Equal(Weights("together" + run), Weights("again" + run));
            var (alone, together) = (RankTests.Probabilities(_clicks.At("alone" + run), _clicks.Test),
                RankTests.Probabilities(_clicks.At("together" + run), _clicks.Test));
            Assert.All(alone.Zip(together), p => Assert.Equal(p.First, p.Second, 1e-5));
        }

        using var json = JsonDocument.Parse(File.ReadAllText(_clicks.At("together.json")));
        Assert.Equal(ranks, json.RootElement.GetProperty("first").GetProperty("ranks").GetInt32());
        Assert.Equal(2, json.RootElement.GetProperty("days").GetArrayLength());
    }

    [Fact]
    public void Train_ARankKilledInADay_LeavesTheDayBeforeAndGoesOnToTheSameWeights()
    {
        RankTests.SkipWithoutMpirun();
        _clicks.File("logs/day3.csv", TinyClicks.Rows(6000, 8));
        string[] train = ["train", Write("  - { days: logs/*, rate: 0.1, epochs: 12 }"), "--threads", "1", "--out"];
        var (code, _, error) = RankTests.Mpirun(2, [.. train, _clicks.At("whole")]);
        Assert.True(code == 0, error);
        using (var process = RankTests.Start(2, [.. train, _clicks.At("run")]))
        {
            RankTests.KillARank(process, _clicks.At("run/days/day3/checkpoints/last.ckpt"));
            Assert.NotEqual(0, process.ExitCode);
        }

        Assert.Equal("days/day2\nfirst\n", File.ReadAllText(_clicks.At("run/newest")));
        Assert.Contains("of day2", ConsoleRun.Of("evaluate", _clicks.At("run"), "--data", _clicks.Test).Output, StringComparison.Ordinal);
        (code, _, error) = RankTests.Mpirun(2, [.. train, _clicks.At("run"), "--resume"]);
        Assert.True(code == 0, error);
        Assert.Equal(Weights("whole"), Weights("run"));
    }

    [Fact]
    public void Update_AMistakeUnderMpirun_IsSaidOnceAndEndsAll()
    {
        RankTests.SkipWithoutMpirun();
        Assert.Equal(0, ConsoleRun.Of("train", _clicks.Experiment, "--out", _clicks.At("run"), "--threads", "1").ExitCode);
        _clicks.File("day5.csv", TinyClicks.Rows(400, 9).Replace("\n1,", "\n0,", StringComparison.Ordinal));
        foreach (var (rows, expected) in new[]
        {
            ("none.csv", "none.csv: file not found"), ("day5.csv", "none of them a click"),
            ("train.csv", "found rows that "),
        })
        {
            var (code, output, error) = RankTests.Mpirun(2, "update", _clicks.At("run"), "--data", _clicks.At(rows));
            Assert.Equal(2, code);
            Assert.Single((output + error).Split('\n'), l => l.Contains(expected, StringComparison.Ordinal));
            Assert.DoesNotContain("MPI_ABORT", output + error, StringComparison.Ordinal); // each ends for itself
        }

        Assert.False(Directory.Exists(_clicks.At("run-days/day5")));
        Assert.Contains("--shard-tables: found one process, expected several", ConsoleRun.Of(
            "update", _clicks.At("run"), "--data", _clicks.At("day4.csv"), "--shard-tables").Error, StringComparison.Ordinal);
    }

    private string Write(string days) => _clicks.WriteExperiment("daily.yaml", RankTests.Slow, $"strategy: {{ name: kdef }}\nphases:\n{days}");

    private byte[] Weights(string run) => File.ReadAllBytes(_clicks.At(
        $"{run}{(run.Contains('/', StringComparison.Ordinal) ? "" : "/days/day3")}/checkpoints/best-update.ckpt"));
}
